public import Index
public import Jobs
public import SystemPackage

/// A batch: films to be turned into jobs, and how.
public struct FilmBatch: Sendable {
  let workspace: Workspace
  let user: Int
  let selection: StageSelection
  let workflow: String?
  let again: Bool
  let renewsConfig: Bool
  let options: BatchOptions
  let lanes: Lanes
  let memory: HashMemory
  let environment: [String: String]
  let toolFolders: [FilePath]
  let index: IndexFeed?
  /// Puts a job back that is archived; `nil` where that is not to be.
  let restore: (@Sendable (JobPaths) throws -> Void)?

  /// - Parameters:
  ///   - pipeline: what `selection` is of; it says how large its lanes are.
  ///   - again: make new jobs, also of films that have one.
  ///   - renewsConfig: unfinished jobs take the workspace's configuration over, instead of keeping their own.
  ///   - index: told of jobs that are made and moved.
  ///   - restore: puts a job back that is archived, before it goes on.
  public init(
    workspace: Workspace, user: Int, pipeline: PipelineDefinition, selection: StageSelection, workflow: String?,
    again: Bool, renewsConfig: Bool, options: BatchOptions, environment: [String: String], toolFolders: [FilePath],
    index: IndexFeed?, restore: (@Sendable (JobPaths) throws -> Void)? = nil
  ) {
    (self.workspace, self.user, self.selection, self.workflow) = (workspace, user, selection, workflow)
    (self.again, self.renewsConfig, self.options) = (again, renewsConfig, options)
    (self.environment, self.toolFolders, self.index) = (environment, toolFolders, index)
    self.restore = restore
    memory = HashMemory(in: workspace)
    lanes = Lanes(in: workspace, sizes: pipeline.laneSizes.merging(options.lanes) { $1 })
  }

  /// What will be done with each film, in order.
  public struct Plan: Sendable {
    public var films: [InputDecision] = []
    var newcomers: Newcomers
    /// What was asked for.
    let inputs: [FilePath]
    var history = WorkHistory()
    /// The folders that films were looked for in.
    var folders: [FilePath] = []
  }

  /// One film's result.
  public struct Result: Sendable {
    public var film: InputDecision
    /// The job, once there is one.
    public var job: JobPaths?
    /// How it stands; `nil` when nothing was begun.
    public var status: PipelineStatus?
    public var reason: String?
    /// Whether its job was begun and has come to the batch's deadline, which is no failure.
    var isLeft = false
    /// Why it could not be run.
    public var error: JobError.Code?
  }

  /// Does something while no other batch goes over the folders among `inputs`.
  ///
  /// - Throws: ``JobError`` with code `locked` that names who has one of them since when, or what `body` throws.
  public func alone<Value>(over inputs: [FilePath], stop: StopSource, _ body: () throws -> Value) throws -> Value {
    let locks = try FolderLocks(inputs.filter { isDirectory($0) }, in: workspace, waits: options.waits, stop: stop)
    return try withExtendedLifetime(locks) { try body() }
  }

  /// Decides about each film.
  ///
  /// - Parameters:
  ///   - inputs: films, and folders of films.
  ///   - resumed: jobs by name.
  ///   - changingNothing: not even an index is made.
  ///   - asNight: jobs and films that are named are decided about as those of a folder are.
  ///   - stop: ends the looking; the films that are left are then pending.
  ///   - notice: told of troubles with the index.
  /// - Throws: ``JobError`` for inputs and jobs that are not there.
  public func plan(
    inputs: [FilePath], resumed: [String], changingNothing: Bool = false, asNight: Bool = false,
    stop: StopSource? = nil, notice: IndexNotice
  ) throws -> Plan {
    let newcomers = Newcomers(in: workspace)
    return try JobIndex.look(in: workspace, leavingNone: changingNothing, notice: notice) { index in
      var plan = Plan(newcomers: newcomers, inputs: inputs)
      plan.history = try index.workHistory()
      if let restore, !changingNothing {
        for name in resumed {
          let job = try JobIndex.job(named: name, in: workspace, notice: .silent)
          if job.isArchived { try restore(job.paths(in: workspace)) }
        }
      }
      try decide(&plan, resumed, InputHistory(index, memory), asNight: asNight, stop: stop)
      if !changingNothing { memory.save() }
      return plan
    }
  }

  /// A film that was found, and how.
  private struct Found {
    var path: FilePath
    var status: FileStatus
    var isNamed: Bool
  }

  private func decide(
    _ plan: inout Plan, _ resumed: [String], _ history: InputHistory, asNight: Bool, stop: StopSource?
  ) throws {
    let check = CompletionCheck(workspace: workspace, selection: selection, environment: environment, stop: stop)
    var question = InputHistory.Question(user: user, stages: selection.wanted, again: again, rerun: selection.isRerun)
    let attempts = options.retriesGivenUp ? nil : options.attempts
    if asNight { question.attempts = attempts }
    do {
      for name in resumed {
        let job = try JobIndex.job(named: name, in: workspace, notice: .silent)
        plan.add(try verified(history.resume(job, question, stop: stop), check), selection)
      }
    } catch is CancellationError {
      return
    }
    question.attempts = attempts
    let found = try find(&plan)
    let known = try history.films(of: found.map(\.path))
    let sizes = Dictionary(found.map { ($0.status.size, 1) }, uniquingKeysWith: +)
    var seen: [String: FilePath] = [:]
    for (found, known) in zip(found, known) {
      if let stop, stop.level > .none {
        plan.films.append(.stopped(found.path))
        continue
      }
      var film: InputDecision
      do {
        // One that was named may fail as often as it likes.
        var question = question
        if found.isNamed, !asNight { question.attempts = nil }
        film = try history.decide(
          found.path, found.status, known: known, hasTwin: sizes[found.status.size, default: 0] > 1, question,
          stop: stop)
        if film.kind.isWork { settle(&film, found.status, isNamed: found.isNamed) }
        // A film that was named is looked at closely; in a folder of thousands the records count.
        if found.isNamed { film = try verified(film, check) }
      } catch is CancellationError {
        plan.films.append(.stopped(found.path))
        continue
      } catch {
        // One bad film keeps no other from being done.
        let problem =
          error as? JobError ?? JobError(.io, found.path.string, "the film cannot be read", underlying: error)
        plan.films.append(.unreadable(found.path, problem))
        continue
      }
      if film.kind != .pending, let hash = film.identity?.sha256 {
        if let twin = seen[hash] {
          (film.kind, film.job, film.isCopy) = (.skip, nil, true)
          film.reason = "the same film as \(workspace.documentPath(twin)), by its content"
        } else {
          seen[hash] = found.path
        }
      }
      plan.add(film, selection)
    }
  }

  private func find(_ plan: inout Plan) throws -> [Found] {
    var found: [Found] = []
    for input in plan.inputs {
      let media = try MediaFiles.find(at: input, outside: workspace.ownFolders)
      for path in media.unreadable {
        plan.films.append(.unreadable(path, JobError(.damaged, path.string, MediaFiles.noText)))
      }
      plan.folders += media.folders
      for (path, status) in media.files {
        found.append(Found(path: path, status: status, isNamed: path == absolute(input)))
      }
      for path in media.partial { plan.films.append(.partial(path)) }
      for path in media.missing {
        plan.films.append(InputDecision(.pending, of: path, because: "a link to what is not there"))
      }
    }
    return found
  }

  /// Sees whether the film is there as a whole.
  private func settle(_ film: inout InputDecision, _ status: FileStatus, isNamed: Bool) {
    switch Settling(of: film.input, status, settle: isNamed ? 0 : options.settle) {
    case .settled: break
    case .beingWritten: (film.kind, film.reason) = (.pending, "a process is still writing the file")
    case .young(let seconds):
      film.settlesIn = seconds
      film.reason += "; it begins once the file has been still for \(describeDuration(options.settle))"
    }
  }

  /// - Throws: `CancellationError`.
  private func verified(_ film: InputDecision, _ check: CompletionCheck) throws -> InputDecision {
    guard film.kind == .skip, film.archive == nil, let job = film.job else { return film }
    var film = film
    do {
      guard let reason = try check.reasonToRun(film, job) else { return film }
      (film.kind, film.reason) = (.resume, reason)
    } catch let error where !(error is CancellationError) {
      (film.kind, film.reason) = (.resume, "\(error)")
    }
    return film
  }

  /// Runs the films of a plan. One that fails does not keep the others from running.
  ///
  /// What it did stands in a batch's record, if there was anything to do.
  /// - Parameter observe: told of everything that happens, from several threads.
  public func run(
    _ plan: Plan, stop: StopSource, observe: @escaping @Sendable (RunEvent) -> Void
  ) -> [Result] {
    JobRemoval(in: workspace).finishNoted { observe(.warning("\($0)")) }
    for film in plan.films where film.isMoved { repoint(film, observe) }
    guard plan.films.contains(where: \.kind.isWork) || options.watches else {
      return BatchRun(self, plan, stop, observe).results()
    }
    var record: OpenBatch?
    do {
      let inputs = plan.inputs.map { workspace.documentPath($0) }
      record = try OpenBatch(
        in: workspace, pid: processID, who: caller(environment), inputs: inputs, lanes: lanes.sizes)
    } catch {
      observe(.warning("the batch goes on without a record: \(error)"))
    }
    let id = record?.id ?? "batch"
    let status = BatchStatus(of: id, in: workspace)
    let told: @Sendable (RunEvent) -> Void = { event in
      status.note(event)
      observe(event)
    }
    let work = plan.films.filter(\.kind.isWork)
    let expected = work.compactMap { $0.estimate?.seconds }
    told(
      .batchStarted(
        id, films: work.count, stages: work.count * selection.wanted.count, lanes: lanes.sizes,
        expected: expected.isEmpty ? nil : expected.reduce(0, +)))
    for film in work where film.settlesIn > 0 { told(.filmSettles(film.input, seconds: options.settle)) }
    let run = BatchRun(self, plan, stop, told)
    run.work()
    let results = run.results()
    defer { status.end() }
    let end: PipelineStatus =
      stop.level > .none && !stop.isPastDeadline
      ? .interrupted : results.contains(where: \.isUnfinished) ? .failed : .completed
    do {
      let told = results.filter { !$0.wasDoneBefore }
      try record.take()?.end(
        end, jobs: told.map { $0.document(in: workspace) }, doneBefore: results.count - told.count)
    } catch {
      observe(.warning("the batch's record could not be ended: \(error)"))
    }
    observe(.batchEnded(id, end))
    return results
  }

  /// Has a completed job say where its film is now.
  private func repoint(_ film: InputDecision, _ observe: (RunEvent) -> Void) {
    guard let job = film.job, let lock = try? FileLock.take(job.lock, subject: job.id.description) else { return }
    do {
      try ManifestStore(job.manifest).update(orElse: Manifest(document: .object(.init()))) { manifest in
        var input = manifest.document["input"] ?? .object(.init())
        input["file"] = .string(workspace.documentPath(film.input))
        film.identity?.record(in: &input)
        manifest.document["input"] = input
      }
      index?.tell(job)
    } catch {
      observe(.warning("\(job.id): its film is now \(film.input), and its record could not be told: \(error)"))
    }
    _ = consume lock
  }

  /// `INPUT.env` beside a film: settings for it alone.
  static func overlay(for input: FilePath) throws -> EnvFile? {
    let path = FilePath(input.string + ".env")
    return exists(path) ? EnvFile(parsing: try DurableFile.read(path)) : nil
  }
}

extension FilmBatch.Plan {
  fileprivate mutating func add(_ film: InputDecision, _ selection: StageSelection) {
    var film = film
    if film.kind.isWork {
      let size = film.identity?.size ?? (try? FileStatus(of: film.input))?.size ?? 0
      let left = selection.wanted.filter { selection.isRerun || !film.done.contains($0.canonicalName) }
      film.estimate = WorkEstimate(size: size, playTime: film.playTime, stages: left, history)
    }
    films.append(film)
  }
}

extension FilmBatch.Result {
  /// Whether there is no more to say of the film than that an earlier batch has done it.
  public var wasDoneBefore: Bool { status == nil && error == nil && film.isPlainlyDone }

  /// Whether anything of what was asked for is left to do.
  public var isUnfinished: Bool {
    error != nil || film.kind == .held || film.kind.isWork && status != .completed && !isLeft
  }

  /// As the batch's record tells of it.
  fileprivate func document(in workspace: Workspace) -> JSON {
    [
      "job_id": .string(job?.id.description), "user_id": .int(job?.userID),
      "output_dir": .string(job.map { workspace.documentPath($0.output) }),
      "input": .string(workspace.documentPath(film.input)), "title": .string(film.title), "year": .int(film.year),
      "decision": .string(film.kind.rawValue), "status": .string(status?.rawValue), "reason": .string(reason),
    ]
  }
}
