public import Index
public import Jobs
public import SystemPackage

/// A batch: films to be turned into jobs, and how.
public struct FilmBatch: Sendable {
  let workspace: Workspace
  let user: Int
  var selection: StageSelection
  let workflow: String?
  let again: Bool
  let renewsConfig: Bool
  let options: BatchOptions
  let lanes: Lanes
  let memory: HashMemory
  let environment: [String: String]
  let toolFolders: [FilePath]
  /// What stages are run as.
  let runner: Runner
  let index: IndexFeed?
  /// Puts a job back that is archived; `nil` where that is not to be.
  let restore: (@Sendable (JobPaths) throws -> Void)?
  /// Where the jobs are done: `nil` on this machine.
  let cluster: ClusterSettings?
  /// Whether this is one task of a cluster, which leaves everything alone but its job.
  let isWorker: Bool
  /// What no record and nobody who looks is to see, longest first.
  public let secrets: [String]

  /// - Parameters:
  ///   - pipeline: what `selection` is of; it says how large its lanes are.
  ///   - again: make new jobs, also of films that have one.
  ///   - renewsConfig: unfinished jobs take the workspace's configuration over, instead of keeping their own.
  ///   - runner: what stages are run as.
  ///   - index: told of jobs that are made and moved.
  ///   - restore: puts a job back that is archived, before it goes on.
  ///   - cluster: has a cluster do the jobs.
  ///   - isWorker: the batch is one task of a cluster: nothing is touched but the jobs that are named, and their logs.
  public init(
    workspace: Workspace, user: Int, pipeline: PipelineDefinition, selection: StageSelection, workflow: String?,
    again: Bool, renewsConfig: Bool, options: BatchOptions, environment: [String: String], toolFolders: [FilePath],
    runner: Runner = .local, index: IndexFeed?, restore: (@Sendable (JobPaths) throws -> Void)? = nil,
    cluster: ClusterSettings? = nil,
    isWorker: Bool = false
  ) {
    (self.workspace, self.user, self.selection, self.workflow) = (workspace, user, selection, workflow)
    (self.again, self.renewsConfig, self.options) = (again, renewsConfig, options)
    (self.environment, self.toolFolders, self.index) = (environment, toolFolders, index)
    self.runner = runner
    self.restore = restore
    (self.cluster, self.isWorker) = (cluster, isWorker)
    secrets = workspace.secrets(outer: environment)
    memory = HashMemory(in: workspace)
    lanes = isWorker ? Lanes() : Lanes(in: workspace, sizes: pipeline.laneSizes.merging(options.lanes) { $1 })
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
  /// - Throws: ``JobError`` when the jobs are a cluster's to do, and there is none that would; no job is made then.
  public func run(
    _ plan: Plan, stop: StopSource, observe observer: @escaping @Sendable (RunEvent) -> Void
  ) throws -> [Result] {
    let observe: @Sendable (RunEvent) -> Void = { [secrets] in observer($0.masked(secrets)) }
    if isWorker {
      try requireContainers()
      let run = BatchRun(self, plan, stop, observe)
      run.work()
      return run.results()
    }
    // Also where there is nothing to do: the run that was killed may have come to its end.
    OpenBatch.sweep(in: workspace)
    JobRemoval(in: workspace).finishNoted { observe(.warning("\($0)")) }
    DeadRuns(workspace: workspace, environment: environment)
      .end(butOf: Set(plan.films.filter(\.kind.isWork).compactMap { $0.job?.output }), observe: observe)
    for film in plan.films where film.isMoved { repoint(film, observe) }
    for film in plan.films where film.isCancelled && film.kind.isWork {
      do { try film.job.map { try Cancellation.lift(from: $0) } } catch { observe(.warning("\(error)")) }
    }
    guard plan.films.contains(where: \.kind.isWork) || options.watches else {
      return BatchRun(self, plan, stop, observe).results()
    }
    let id = BatchRecord.newID(pid: processID)
    if cluster == nil { try requireContainers() }
    let handing = try cluster.map { try ClusterWork(self, id, plan, $0) }
    let lanes = handing == nil ? lanes.sizes : [:]
    var record: OpenBatch?
    do {
      let inputs = plan.inputs.map { Secrets.masked(workspace.documentPath($0), secrets) }
      record = try OpenBatch(
        id, in: workspace, who: caller(environment), inputs: inputs, lanes: lanes,
        executor: (handing == nil ? Executor.local : .slurm).rawValue)
    } catch {
      observe(.warning("the batch goes on without a record: \(error)"))
    }
    let telling = BatchTelling(of: id, self, observer)
    telling.begin(plan.films.filter(\.kind.isWork), lanes: lanes)
    let run = BatchRun(self, plan, stop, telling.observe)
    run.work(handing)
    if let handing, run.hasLeftJobsBehind || handing.isUncertain { return run.results() }
    let results = telling.end(record.take(), run, stop)
    handing?.record.remove(from: workspace)
    return results
  }

  /// Makes sure, where stages are containers, that all is there that they are made of.
  private func requireContainers() throws {
    guard runner == .docker else { return }
    try ComposeCheck(
      workspace: workspace, docker: Docker(environment: environment, folder: workspace.root)
    ).require(selection.wanted)
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
    let path = overlayFile(of: input)
    return exists(path) ? try EnvFile(parsing: DurableFile.read(path), of: path) : nil
  }

  static func overlayFile(of input: FilePath) -> FilePath { FilePath(input.string + ".env") }
}
