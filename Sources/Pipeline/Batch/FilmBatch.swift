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
  /// What no record and nobody who looks is to see, longest first.
  public let secrets: [String]

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
    secrets = Secrets.values(of: workspace.config, in: workspace.root, outer: environment)
    memory = HashMemory(in: workspace)
    lanes = Lanes(in: workspace, sizes: pipeline.laneSizes.merging(options.lanes) { $1 })
  }

  /// Does something while no other batch goes over the folders among `inputs`.
  ///
  /// - Throws: ``JobError`` with code `locked` that names who has one of them since when, or what `body` throws.
  public func alone<Value>(over inputs: [FilePath], stop: StopSource, _ body: () throws -> Value) throws -> Value {
    let locks = try FolderLocks(inputs.filter { isDirectory($0) }, in: workspace, waits: options.waits, stop: stop)
    return try withExtendedLifetime(locks) { try body() }
  }

  /// Runs the films of a plan. One that fails does not keep the others from running.
  ///
  /// What it did stands in a batch's record, if there was anything to do.
  /// - Parameter observer: told of everything that happens, secrets masked, from several threads.
  public func run(
    _ plan: Plan, stop: StopSource, observe observer: @escaping @Sendable (RunEvent) -> Void
  ) -> [Result] {
    let observe: @Sendable (RunEvent) -> Void = { [secrets] in observer($0.masked(secrets)) }
    JobRemoval(in: workspace).finishNoted { observe(.warning("\($0)")) }
    for film in plan.films where film.isMoved { repoint(film, observe) }
    guard plan.films.contains(where: \.kind.isWork) || options.watches else {
      return BatchRun(self, plan, stop, observe).results()
    }
    var record: OpenBatch?
    do {
      let inputs = plan.inputs.map { Secrets.masked(workspace.documentPath($0), secrets) }
      record = try OpenBatch(
        in: workspace, pid: processID, who: caller(environment), inputs: inputs, lanes: lanes.sizes)
    } catch {
      observe(.warning("the batch goes on without a record: \(error)"))
    }
    let id = record?.id ?? "batch"
    let status = BatchStatus(of: id, in: workspace)
    let told: @Sendable (RunEvent) -> Void = { [secrets] event in
      let event = event.masked(secrets)
      status.note(event)
      observer(event)
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
        end, jobs: told.map { $0.document(in: workspace, secrets) }, doneBefore: results.count - told.count)
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
