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

  /// - Parameters:
  ///   - again: make new jobs, also of films that have one.
  ///   - renewsConfig: unfinished jobs take the workspace's configuration over, instead of keeping their own.
  public init(
    workspace: Workspace, user: Int, selection: StageSelection, workflow: String?, again: Bool, renewsConfig: Bool,
    environment: [String: String], toolFolders: [FilePath]
  ) {
    (self.workspace, self.user, self.selection, self.workflow) = (workspace, user, selection, workflow)
    (self.again, self.renewsConfig, self.environment) = (again, renewsConfig, environment)
    self.toolFolders = toolFolders
  }

  /// What will be done with each film, in order.
  public struct Plan: Sendable {
    public var films: [InputDecision]
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
  /// - Throws: ``JobError`` for inputs and jobs that are not there.
  public func plan(inputs: [FilePath], resumed: [String]) throws -> Plan {
    let history = InputHistory(of: workspace)
    var films = try resumed.map { try history.resume(try JobCatalog(workspace).find($0), in: workspace, selection) }
    var seen: Set<String> = []
    for input in try inputs.flatMap({ try MediaFiles.files(at: $0) }) {
      var film = try history.decide(
        input, user: user, stages: selection.wanted, again: again, rerun: selection.isRerun)
      if !seen.insert(film.identity.sha256).inserted {
        film.kind = .skip
        film.reason = "the same film as another of this run, by its content"
      }
      films.append(film)
    }
    return Plan(films: films)
  }

  /// Runs the films of a plan. One that fails does not keep the others from running.
  public func run(_ plan: Plan, stop: StopSource, observe: @escaping (RunEvent) -> Void) -> [Result] {
    plan.films.map { film in
      guard film.kind != .skip else {
        return Result(film: film, job: film.job, status: film.job.map { _ in .completed }, reason: film.reason)
      }
      guard stop.level == .none else { return Result(film: film, job: film.job, reason: "not begun: stopped") }
      do {
        return try run(film, stop: stop, observe: observe)
      } catch {
        let known = error as? JobError
        observe(.warning("\(film.input): \(error)"))
        return Result(film: film, job: film.job, status: nil, reason: "\(error)", error: known?.code ?? .io)
      }
    }
  }

  private func run(_ film: InputDecision, stop: StopSource, observe: @escaping (RunEvent) -> Void) throws -> Result {
    let manager = JobManager(workspace)
    let job: JobPaths
    if let standing = film.job {
      job = standing
      if renewsConfig {
        let lock = try FileLock.take(job.lock, subject: job.id.description)
        try manager.renewJobEnv(job, overlay: Self.overlay(for: film.input))
        _ = consume lock
      }
    } else {
      job = try manager.createJob(userID: user, overlay: Self.overlay(for: film.input)).paths
    }
    let run = JobRun(
      job, in: workspace, selection: selection, workflow: workflow, environment: environment,
      toolFolders: toolFolders, stop: stop, observe: observe)
    let outcome = try run.run(film)
    return Result(
      film: film, job: job, status: outcome.status, reason: outcome.reason,
      error: outcome.isMissingEngine ? .missingEngine : nil)
  }

  /// `INPUT.env` beside a film: settings for it alone.
  private static func overlay(for input: FilePath) -> EnvFile? {
    (try? DurableFile.read(FilePath(input.string + ".env"))).map { EnvFile(parsing: $0) }
  }
}
