internal import Index
internal import Jobs
internal import SystemPackage

/// Runs one job through its pipeline, from wherever it stands.
struct JobRun {
  /// How a run ended.
  struct Outcome: Sendable {
    var status: PipelineStatus
    /// What failed and why, for one that is not completed.
    var reason: String?
    /// It failed for want of a program or model.
    var isMissingEngine = false
    /// It was interrupted by want of what runs all stages, as other jobs would be.
    var isEngineGone = false
    /// Whether somebody has cancelled the job; one that had not begun then is left as it is.
    var isCancelled = false
    var hasBegun = true
    /// What the job's record says where that differs: a run of some stages does not complete a job.
    var recorded: PipelineStatus?
  }

  private let workspace: Workspace
  private let paths: JobPaths
  private let selection: StageSelection
  private let workflow: String?
  private let runner: Runner
  private let toolFolders: [FilePath]
  private let stop: StopSource
  private let observe: (RunEvent) -> Void
  private let environment: [String: String]
  private let index: IndexFeed?
  private let lanes: Lanes
  private let outage: EngineOutage
  private let waits: Bool
  private let tellsProgress: Bool

  /// - Parameters:
  ///   - runner: what its stages are run as.
  ///   - lanes: where each stage takes its place.
  ///   - environment: the caller's, which stages inherit under the job's settings.
  ///   - toolFolders: where programs are looked for before PATH.
  ///   - outage: where what runs the stages is missed, together with the other jobs.
  ///   - stop: tells this run to end, of all that may go on; a cancellation of the job raises it.
  ///   - waits: for another process that runs the job to end.
  ///   - tellsProgress: to whoever follows the job from elsewhere, by a file in its folder.
  ///   - index: told whenever the job has moved.
  ///   - observe: told of everything that happens, in order.
  init(
    _ paths: JobPaths, in workspace: Workspace, selection: StageSelection, workflow: String? = nil, runner: Runner,
    environment: [String: String], toolFolders: [FilePath], lanes: Lanes, outage: EngineOutage, stop: StopSource,
    waits: Bool, tellsProgress: Bool = false, index: IndexFeed?, observe: @escaping (RunEvent) -> Void
  ) {
    (self.paths, self.workspace, self.selection, self.workflow) = (paths, workspace, selection, workflow)
    (self.environment, self.stop, self.observe) = (environment, stop, observe)
    (self.index, self.lanes, self.outage, self.waits) = (index, lanes, outage, waits)
    (self.runner, self.toolFolders, self.tellsProgress) = (runner, toolFolders, tellsProgress)
  }

  /// Runs what is to run of `film`.
  ///
  /// - Throws: ``JobError``: with code `locked` when another process runs the job, `io` when its records cannot be
  ///   written. The job can be resumed after every error.
  func run(_ film: InputDecision) throws -> Outcome {
    let lock = try FileLock.take(paths.lock, subject: paths.id.description, waitingUnless: waits ? stop : nil)
    if let cancellation = Cancellation(of: paths) {
      return Outcome(status: .interrupted, reason: cancellation.reason, isCancelled: true, hasBegun: false)
    }
    let watch = CancellationWatch(of: paths, stop: stop)
    AdoptedProcesses.adopt()
    sweep()
    let started = Timestamp.now
    // For people only; another user's file cannot be written.
    try? lock.describeHolder([
      "pid": .int(Int(processID)), "host": .string(hostName), "since": .string(started.text),
    ])
    try makeFolder(paths.logs)
    let log = try OrchestratorLog(in: paths.logs, started: started)
    // Until the job's own are known, which are those of its settings, too.
    var secrets = workspace.secrets(outer: environment)
    let telling = tellsProgress ? ProgressTelling(of: paths, began: started) : nil
    defer { telling?.end() }
    let report: (RunEvent) -> Void = { event in
      let event = event.masked(secrets)
      log.write(event.lines)
      telling?.note(event)
      observe(event)
    }
    let manager = JobManager(workspace, forContainers: runner == .docker)
    try makeReady(film, manager, report)
    let context = try JobContext(
      workspace: workspace, paths: paths, input: film.input, title: film.title, year: film.year,
      filmHash: film.identity?.sha256 ?? "", environment: environment)
    secrets = context.secrets
    report(.jobStarted(paths, title: film.title, year: film.year, input: film.input))
    var record = JobRecord(
      workspace: workspace, paths: paths, input: film.input, title: film.title, year: film.year,
      identity: film.identity, playTime: film.playTime, workflow: workflow, reason: film.reason,
      who: caller(environment),
      changed: { [index, paths] in index?.tell(paths) }, warn: { report(.warning($0)) })
    try record.begin(started)
    reportResume(record.latest, report)
    var outcome: Outcome
    do {
      outcome = try withExtendedLifetime(watch) { try runStages(context, &record, report) }
    } catch {
      // What ended before the trouble should be known all the same.
      try? record.flush()
      throw error
    }
    if outcome.status == .interrupted, let cancellation = Cancellation(of: paths) {
      (outcome.reason, outcome.isCancelled) = (cancellation.reason, true)
    }
    // Before the end is known: nobody looks at a job that was completed again.
    telling?.end()
    manager.cleanupJobEnv(paths)
    try record.end(outcome.recorded ?? outcome.status, started: started, error: outcome.reason)
    report(
      .jobEnded(paths, status: outcome.status, seconds: Timestamp.now.seconds(since: started), reason: outcome.reason))
    _ = consume lock
    return outcome
  }

  /// Removes what writers left that were killed.
  private func sweep() {
    Leftovers.sweep(paths.output)
    // Of a job that was never begun, which has no log yet, none is left there but of its making; and thousands of others'
    // files may be.
    if !names(in: paths.logs).isEmpty {
      Leftovers.sweep(workspace.configFolder, beginning: ".env.job_\(paths.id)")
    }
  }

  /// Ends what an earlier run has left at work, and sees to it that the files are there that a run needs: those that are gone
  /// or empty are made anew.
  private func makeReady(_ film: InputDecision, _ manager: JobManager, _ report: (RunEvent) -> Void) throws {
    if film.job != nil {
      let left = try Orphans.end(of: paths, in: workspace, environment: environment) { report(.warning($0)) }
      if left { report(.orphansEnded(paths)) }
    }
    // Before job.env: how old that is may be all that tells when the job was made.
    if try manager.restoreJobInfo(paths, input: film.document(in: workspace)) {
      report(.warning("\(paths.id): job_info.json was gone or empty, and was made anew from what else the job has"))
    }
    if !paths.hasSettings {
      try manager.renewJobEnv(paths)
      report(.warning(Self.lostSettings(of: paths, workspace)))
    }
    try manager.restoreJobEnv(paths)
    if (try? DurableFile.read(paths.pipeline)) != selection.source {
      // Whoever wrote it may have put a secret into a command.
      try DurableFile.write(selection.source, to: paths.pipeline, mode: [.ownerReadWrite])
    }
  }

  static func lostSettings(of paths: JobPaths, _ workspace: Workspace) -> String {
    "\(paths.id): job.env was gone or empty; the job goes on with the settings of \(workspace.configFile)"
  }

  private func runStages(
    _ context: JobContext, _ record: inout JobRecord, _ report: @escaping (RunEvent) -> Void
  ) throws -> Outcome {
    let runner = try runner.runner(in: workspace, environment: environment, toolFolders: toolFolders)
    if let reason = context.contradiction(in: selection, record.latest) {
      return Outcome(status: .failed, reason: reason)
    }
    var plan = ResumePlan(selection)
    var fingerprints = Fingerprints(stop: stop)
    for stage in selection.wanted {
      if stop.level >= .drain { return interrupted(before: stage) }
      if context.isSwitchedOff(stage), let key = stage.enabled {
        let reason = "\(key)=\(context.setting(key) ?? "")"
        try record.leaveOut(stage, reason: reason)
        report(.stageEnded(paths, stage: stage.name, status: .skipped, seconds: 0, reason: reason))
        continue
      }
      if fingerprints.takesTime(for: stage, in: context) { try record.flush() }
      let fingerprint: String
      do {
        fingerprint = try fingerprints.fingerprint(
          of: stage, in: context, after: selection.before(stage), record.latest)
      } catch is CancellationError {
        return interrupted(before: stage)
      }
      let earlier = record.latest.stage(stage.name)
      switch plan.judge(stage, record.latest, fingerprint: fingerprint, in: context) {
      case .keep: report(.stageKept(paths, stage: stage.name))
      case .run(let because):
        if earlier != nil { report(.stageAgain(paths, stage: stage.name, because: because)) }
        let stageRun = StageRun(
          stage: stage, paths: paths, fingerprint: fingerprint, because: earlier == nil ? nil : because,
          runner: runner, lanes: lanes, outage: outage, stop: stop, report: report)
        switch try stageRun.run(context, &record) {
        case .done: continue
        case .stopped: return interrupted(before: stage)
        case .failed(let reason, let missingEngine):
          return Outcome(status: .failed, reason: "\(stage.name): \(reason)", isMissingEngine: missingEngine)
        case .engineGone(let reason):
          // No attempt of the film's: it goes on once there is one again.
          return Outcome(
            status: .interrupted, reason: "\(stage.name): \(reason)", isMissingEngine: true, isEngineGone: true)
        }
      }
    }
    return completed(record.latest)
  }

  /// What was asked for is done; whether the job is, its other stages tell.
  private func completed(_ manifest: Manifest) -> Outcome {
    let others = selection.all.filter { !selection.wanted.contains($0) }
    if let failed = others.first(where: { manifest.stage($0.name)?.status == .failed }) {
      return Outcome(
        status: .completed, reason: "only what was asked for: \(failed.name) failed earlier", recorded: .failed)
    }
    let open = others.filter { stage in
      let status = manifest.stage(stage.name)?.status
      return status != .success && status != .skipped
    }
    if open.isEmpty { return Outcome(status: .completed) }
    return Outcome(
      status: .completed, reason: "only what was asked for; still to do: \(open.map(\.name).joined(separator: ", "))",
      recorded: .interrupted)
  }

  private func interrupted(before stage: StageDefinition) -> Outcome {
    Outcome(status: .interrupted, reason: Self.stopped(at: stage))
  }

  /// Why a job is interrupted whose run was told to end.
  static func stopped(at stage: StageDefinition) -> String {
    "stopped at \(stage.name); the next run goes on from there"
  }

  private func reportResume(_ manifest: Manifest, _ report: (RunEvent) -> Void) {
    guard !manifest.stages.isEmpty else { return }
    func named(_ status: StageStatus) -> [String] { manifest.stages.filter { $0.status == status }.map(\.name) }
    report(.resuming(paths, completed: named(.success), skipped: named(.skipped)))
  }
}
