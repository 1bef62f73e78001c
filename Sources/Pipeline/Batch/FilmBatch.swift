public import Index
public import Jobs
public import SystemPackage

/// Films to be turned into jobs, one after the other.
public struct FilmBatch: Sendable {
  private let workspace: Workspace
  private let user: Int
  private let selection: StageSelection
  private let workflow: String?
  private let again: Bool
  private let renewsConfig: Bool
  private let environment: [String: String]
  private let toolFolders: [FilePath]
  private let index: IndexFeed?

  /// - Parameters:
  ///   - again: make new jobs, also of films that have one.
  ///   - index: told of jobs that are made and moved.
  ///   - renewsConfig: unfinished jobs take the workspace's configuration over, instead of keeping their own.
  public init(
    workspace: Workspace, user: Int, selection: StageSelection, workflow: String?, again: Bool, renewsConfig: Bool,
    environment: [String: String], toolFolders: [FilePath], index: IndexFeed?
  ) {
    (self.workspace, self.user, self.selection, self.workflow) = (workspace, user, selection, workflow)
    (self.again, self.renewsConfig, self.environment) = (again, renewsConfig, environment)
    (self.toolFolders, self.index) = (toolFolders, index)
  }

  /// What will be done with each film, in order.
  public struct Plan: Sendable {
    public var films: [InputDecision]
    let newcomers: Newcomers
    /// What was asked for.
    let inputs: [FilePath]
    /// What the admin should know of what was left out.
    public var warnings: [String] = []
  }

  /// One film's result.
  public struct Result: Sendable {
    public var film: InputDecision
    /// The job, once there is one.
    public var job: JobPaths?
    /// How it stands; `nil` when nothing was begun.
    public var status: PipelineStatus?
    public var reason: String?
    /// Why it could not be run.
    public var error: JobError.Code?
  }

  /// Decides about each film.
  ///
  /// - Parameters:
  ///   - inputs: films, and folders of films.
  ///   - resumed: jobs by name.
  ///   - changingNothing: not even an index is made.
  ///   - notice: told of troubles with the index.
  /// - Throws: ``JobError`` for inputs and jobs that are not there.
  public func plan(
    inputs: [FilePath], resumed: [String], changingNothing: Bool = false, notice: @escaping JobIndex.Notice
  ) throws -> Plan {
    let newcomers = Newcomers(in: workspace)
    return try JobIndex.look(in: workspace, leavingNone: changingNothing, notice: notice) { index in
      try plan(inputs, resumed, InputHistory(index), newcomers)
    }
  }

  private func plan(
    _ inputs: [FilePath], _ resumed: [String], _ history: InputHistory, _ newcomers: Newcomers
  ) throws -> Plan {
    let check = CompletionCheck(workspace: workspace, selection: selection, environment: environment)
    var plan = Plan(films: [], newcomers: newcomers, inputs: inputs)
    for name in resumed {
      plan.films.append(
        verified(try history.resume(try job(named: name), selection), check))
    }
    var seen: Set<String> = []
    for input in inputs {
      let found = try MediaFiles.find(at: input)
      plan.warnings += found.unreadable.map { "\($0): its name is not valid UTF-8; rename it to have it done" }
      for path in found.files {
        var film: InputDecision
        do {
          film = try history.decide(
            path, user: user, stages: selection.wanted, again: again, rerun: selection.isRerun)
        } catch let problem as JobError {
          // One bad film keeps no other from being done.
          plan.films.append(.unreadable(path, problem))
          continue
        }
        // A film that was named is looked at closely; in a folder of thousands the records count.
        if path == absolute(input) { film = verified(film, check) }
        if film.kind != .pending, !seen.insert(film.identity.sha256).inserted {
          film.kind = .skip
          film.reason = "the same film as another of this run, by its content"
        }
        plan.films.append(film)
      }
    }
    return plan
  }

  private func job(named name: String) throws -> JobPaths {
    try JobIndex.job(named: name, in: workspace, notice: { _ in }).paths(in: workspace)
  }

  private func verified(_ film: InputDecision, _ check: CompletionCheck) -> InputDecision {
    guard film.kind == .skip, let job = film.job else { return film }
    var film = film
    do {
      guard let reason = try check.reasonToRun(film, job) else { return film }
      (film.kind, film.reason) = (.resume, reason)
    } catch {
      (film.kind, film.reason) = (.resume, "\(error)")
    }
    return film
  }

  /// Runs the films of a plan. One that fails does not keep the others from running.
  ///
  /// What it did stands in a batch's record, if there was anything to do.
  public func run(_ plan: Plan, stop: StopSource, observe: @escaping (RunEvent) -> Void) -> [Result] {
    for warning in plan.warnings { observe(.warning(warning)) }
    guard plan.films.contains(where: { $0.kind != .skip && $0.kind != .pending }) else {
      return work(plan, stop, observe)
    }
    var batch: OpenBatch?
    do {
      let inputs = plan.inputs.map { workspace.documentPath($0) }
      batch = try OpenBatch(in: workspace, pid: processID, who: caller(environment), inputs: inputs)
    } catch {
      observe(.warning("the batch goes on without a record: \(error)"))
    }
    let results = work(plan, stop, observe)
    let status: PipelineStatus =
      stop.level > .none ? .interrupted : results.contains(where: \.isUnfinished) ? .failed : .completed
    do {
      try batch.take()?.end(status, jobs: results.map(\.document))
    } catch {
      observe(.warning("the batch's record could not be ended: \(error)"))
    }
    return results
  }

  private func work(_ plan: Plan, _ stop: StopSource, _ observe: @escaping (RunEvent) -> Void) -> [Result] {
    plan.films.map { film in
      var result = Result(film: film, job: film.job, reason: film.reason)
      if let problem = film.problem {
        observe(.warning("\(problem)"))
        result.error = problem.code
        return result
      }
      switch film.kind {
      case .skip, .pending: return result
      default: break
      }
      guard stop.level == .none else {
        result.reason = "not begun: stopped"
        return result
      }
      do {
        let job = try job(for: film, plan.newcomers)
        result.job = job
        let run = JobRun(
          job, in: workspace, selection: selection, workflow: workflow, environment: environment,
          toolFolders: toolFolders, stop: stop, index: index, observe: observe)
        let outcome = try run.run(film)
        result.status = outcome.status
        result.reason = outcome.reason
        result.error = outcome.isMissingEngine ? .missingEngine : nil
      } catch {
        let known = error as? JobError
        observe(.warning(known.map { "\($0)" } ?? "\(film.input): \(error)"))
        result.error = known?.code ?? .io
        if result.error == .locked { result.film.kind = .held }
        result.reason = known?.message ?? "\(error)"
        // Its records could not be written, so they say that it runs, and nobody runs it.
        if result.job != nil, result.error != .locked { result.status = .interrupted }
      }
      return result
    }
  }

  /// The film's job: the standing one, or a new one.
  private func job(for film: InputDecision, _ newcomers: Newcomers) throws -> JobPaths {
    let manager = JobManager(workspace)
    let overlay = try Self.overlay(for: film.input)
    guard let job = film.job else {
      let created = try manager.createJob(userID: user, overlay: overlay, input: film.document(in: workspace)) {
        if !again { try newcomers.confirmNone(of: film, user: user) }
      }
      index?.tell(created.paths)
      return created.paths
    }
    if renewsConfig {
      let lock = try FileLock.take(job.lock, subject: job.id.description)
      try manager.renewJobEnv(job, overlay: overlay)
      _ = consume lock
    }
    return job
  }

  /// `INPUT.env` beside a film: settings for it alone.
  private static func overlay(for input: FilePath) throws -> EnvFile? {
    let path = FilePath(input.string + ".env")
    return exists(path) ? EnvFile(parsing: try DurableFile.read(path)) : nil
  }
}

extension FilmBatch.Result {
  /// Whether anything of what was asked for is left to do.
  public var isUnfinished: Bool {
    error != nil || film.kind != .skip && film.kind != .pending && status != .completed
  }

  /// As the batch's record tells of it.
  fileprivate var document: JSON {
    [
      "job_id": .string(job?.id.description), "input": .string(film.input.string),
      "decision": .string(film.kind.rawValue), "status": .string(status?.rawValue), "reason": .string(reason),
    ]
  }
}
