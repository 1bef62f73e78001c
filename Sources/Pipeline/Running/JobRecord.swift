internal import Glibc
internal import Jobs
internal import SystemPackage

/// What a run writes of its job into the manifest: its own fields, beside those the stages write.
struct JobRecord {
  let workspace: Workspace
  let paths: JobPaths
  let input: FilePath
  let title: String
  let year: Int?
  let identity: FilmIdentity?
  /// Seconds.
  let playTime: Double?
  let workflow: String?
  /// Why the job is run now.
  let reason: String
  /// Who runs it: `user@host`.
  let who: String
  /// Told whenever the manifest has changed.
  let changed: () -> Void
  /// Told of trouble with the manifest that the job goes on in spite of.
  let warn: (String) -> Void
  private var store: ManifestStore { ManifestStore(paths.manifest) }
  /// The manifest as last seen whole, should a foreign writer leave it damaged.
  private(set) var latest: Manifest
  /// Changes that go to the disk with the next ones.
  private var deferred: [(inout Manifest) -> Void] = []

  init(
    workspace: Workspace, paths: JobPaths, input: FilePath, title: String, year: Int?, identity: FilmIdentity?,
    playTime: Double?, workflow: String?, reason: String, who: String, changed: @escaping () -> Void,
    warn: @escaping (String) -> Void
  ) {
    (self.workspace, self.paths, self.input) = (workspace, paths, input)
    (self.title, self.year, self.identity, self.playTime) = (title, year, identity, playTime)
    self.workflow = workflow
    (self.reason, self.who, self.changed, self.warn) = (reason, who, changed, warn)
    let info = try? JobInfo(reading: paths.info)
    let created = info?.created ?? .now
    latest = Manifest(newFor: paths, created: created, by: info?.createdBy, in: workspace)
  }

  /// The beginning of a run: who and what, and `running`. What an interrupted run left as running is put right.
  ///
  /// Reaches the disk with the first stage's beginning, or the run's end.
  mutating func begin(_ started: Timestamp) throws {
    latest = (try? Manifest(reading: paths.manifest)) ?? latest
    let change: (inout Manifest) -> Void = { [self] manifest in
      var input = manifest.document["input"] ?? .object(.init())
      input["file"] = .string(workspace.documentPath(self.input))
      input["title"] = .string(title)
      input["year"] = .int(year)
      identity?.record(in: &input)
      if let playTime { input["duration_seconds"] = .double(playTime) }
      manifest.document["input"] = input
      for stage in manifest.stages where stage.fields["runner"]?.string == Runner.docker.rawValue {
        manifest.changeStage(stage.name) { $0.nameFilesAsHost(self.input, workspace) }
      }
      manifest.rememberEnding()
      manifest.rememberInterruption()
      manifest.failRunningStages(interruptedAtWork)
      manifest.setPipeline(.running, stage: nil, workflow: workflow)
      var timing = manifest.document["timing"] ?? .object(.init())
      if timing["started_at"]?.string == nil {
        timing["started_at"] = .string(started.text)
      } else {
        timing["resumed_at"] = .string(started.text)
      }
      timing["completed_at"] = .null
      manifest.document["timing"] = timing
      manifest.remember(JobEvent(at: started.text, who: who, .started, reason: reason))
    }
    deferred.append(change)
  }

  /// The beginning of an attempt. `start` is called when the record is written and before it is durable.
  mutating func begin(
    _ stage: StageDefinition, attempt: Int, fingerprint: String, because: String?, waited: Double, inputs: [JSON],
    runner: String, log: FilePath, start: () throws -> Void
  ) throws {
    let started = Timestamp.now
    try write(meanwhile: start) { [self] manifest in
      manifest.rememberRecord(of: stage.name)
      manifest.changeStage(stage.name) { entry in
        entry["job_id"] = .string(paths.id.description)
        entry["user_id"] = .int(paths.userID)
        entry["stage_number"] = .int(stage.number)
        entry["stage_name"] = .string(stage.name)
        entry["job_env_file"] = .string(workspace.documentPath(paths.temporaryEnv))
        entry["status"] = .string(StageStatus.running.rawValue)
        entry["started_at"] = .string(started.text)
        entry["completed_at"] = .null
        entry["duration_seconds"] = .null
        for stale in [
          "exit_code", "error", "reason", "skip_reason", "resources", "switched_off", "retried_after_seconds",
        ] { entry[stale] = nil }
        if !inputs.isEmpty || entry["input_files"] == nil { entry["input_files"] = .array(inputs) }
        // What the stage itself said of other files, it says again.
        let known = entry["outputs"]?.object?.members.filter { member in
          stage.outputs.contains { $0.key == member.name }
        }
        entry["outputs"] = .object(.init())
        for member in known ?? [] { entry["outputs"]?[member.name] = member.value }
        entry["metadata"] = entry["metadata"] ?? .object(.init())
        entry["attempt"] = .int(attempt)
        entry["because"] = because.map { .string($0) }
        entry["who"] = .string(who)
        entry["runner"] = .string(runner)
        entry["lane"] = .string(stage.lane)
        entry["waited_seconds"] = .double((waited * 1000).rounded() / 1000)
        entry["log"] = .string(workspace.documentPath(log))
        entry["fingerprint"] = .string(fingerprint)
      }
      manifest.setPipeline(.running, stage: stage.name, workflow: workflow)
    }
  }

  /// The end of an attempt; `status` is how the stage stands now.
  ///
  /// Reaches the disk with the next stage's beginning, which follows at once, or with ``flush()`` before it.
  mutating func end(
    _ stage: StageDefinition, _ attempt: StageAttempt, status: StageStatus, reason: String?, began: Timestamp,
    in context: JobContext
  ) {
    let ended = Timestamp.now
    let outputs = stage.outputs.map { ($0, context.path(of: $0, stage)) }
    deferred.append { [workflow, workspace, film = self.input] manifest in
      manifest.changeStage(stage.name) { entry in
        entry["status"] = .string(status.rawValue)
        entry["started_at"] = .string(began.text)
        entry["completed_at"] = .string(ended.text)
        entry["duration_seconds"] = .double(attempt.seconds)
        entry["exit_code"] = .int(attempt.exitCode)
        entry["error"] = status == .success ? nil : .string(attempt.errorText ?? reason?.withoutOptionalMark)
        entry["reason"] = reason.map { .string($0) }
        entry["retried_after_seconds"] = attempt.retriedAfter.map { .double($0) }
        entry["resources"] = .object(.init())
        entry["resources"]?["peak_memory_bytes"] = attempt.peakMemoryBytes.map { .int($0) }
        entry["resources"]?["cpu_seconds"] = attempt.cpuSeconds.map { .double($0) }
        entry.nameFilesAsHost(film, workspace)
        var recorded = entry["outputs"]?.object ?? .init()
        for (output, path) in outputs {
          var fields = recorded[output.key] ?? .object(.init())
          let now = RecordedFile.fields(of: path, description: output.description)
          for name in ["path", "exists", "size_bytes"] { fields[name] = now[name] }
          fields["description"] = fields["description"] ?? now["description"]
          recorded[output.key] = fields
        }
        entry["outputs"] = .object(recorded)
        let sizes = outputs.compactMap { recorded[$0.0.key]?["size_bytes"]?.byteCount }
        entry["resources"]?["output_bytes"] = .int(sizes.reduce(0, +))
      }
      manifest.note(stage.name, status)
      manifest.setPipeline(.running, stage: nil, workflow: workflow)
    }
  }

  /// Brings to the disk what waits.
  mutating func flush() throws {
    if !deferred.isEmpty { try write { _ in } }
  }

  /// A stage that its setting leaves out. What it did before is kept in the history.
  mutating func leaveOut(_ stage: StageDefinition, reason: String) throws {
    guard latest.stage(stage.name)?.fields["switched_off"]?.bool != true else { return }
    let now = Timestamp.now.text
    try write { [who] manifest in
      manifest.rememberRecord(of: stage.name)
      let attempts = manifest.stage(stage.name)?.attempt ?? 0
      manifest.remember(
        JobEvent(
          at: now, who: who, .stageSkipped, stage: stage.name, attempt: attempts > 0 ? attempts : nil, reason: reason))
      manifest.changeStage(stage.name) { entry in
        for told in [
          "started_at", "completed_at", "duration_seconds", "exit_code", "error", "skip_reason", "because", "resources",
          "retried_after_seconds",
        ] { entry[told] = nil }
        entry["stage_number"] = .int(stage.number)
        entry["stage_name"] = .string(stage.name)
        entry["status"] = .string(StageStatus.skipped.rawValue)
        entry["reason"] = .string(reason)
        entry["switched_off"] = .bool(true)
      }
      manifest.note(stage.name, .skipped)
    }
  }

  /// The end of a run.
  ///
  /// A job that is complete is not cancelled any more: that came too late.
  mutating func end(_ status: PipelineStatus, started: Timestamp, error: String?) throws {
    let ended = Timestamp.now
    let cancellation = Cancellation(of: paths)
    try write { [self] manifest in
      // Lists of other orchestrators go on naming what came right since.
      for stage in manifest.stages where stage.status == .success { manifest.note(stage.name, .success) }
      manifest.setPipeline(status, stage: nil, workflow: workflow)
      manifest.document["pipeline"]?["error"] = error.map { .string($0) }
      var timing = manifest.document["timing"] ?? .object(.init())
      let first = timing["started_at"]?.string.flatMap { Timestamp($0) } ?? started
      timing["completed_at"] = .string(ended.text)
      // A clock may have been set back since.
      timing["total_seconds"] = .double(max(0, ended.seconds(since: first)))
      if status != .completed, let cancellation, !cancellation.isRecorded(in: manifest) {
        manifest.remember(cancellation.event)
      }
      manifest.remember(JobEvent(at: ended.text, who: who, JobEvent.What(end: status), reason: error))
      let ran = max(0, ended.seconds(since: started))
      timing["running_seconds"] = .double((timing["running_seconds"]?.seconds ?? 0) + ran)
      manifest.document["timing"] = timing
    }
    if status == .completed, cancellation != nil { try Cancellation.lift(from: paths) }
  }

  /// The end of a run that could not record it itself.
  ///
  /// - Parameter seconds: the most that it can have run; `nil`: until now.
  mutating func close(_ status: PipelineStatus, reason: String, within seconds: Double?) throws {
    latest = (try? Manifest(reading: paths.manifest)) ?? latest
    let began = latest.runBegan
    deferred.append { manifest in
      manifest.failRunningStages(reason, within: seconds ?? .infinity)
      if let began { manifest.explainStops(reason, since: began) }
    }
    // The time of a run that has recorded its end has been added.
    let isRunning = latest.recordedStatus == .running
    try end(status, started: isRunning ? began ?? .now : .now, error: reason)
  }

  /// Why a run failed whose end is recorded: it is no other failure, and is not counted again.
  mutating func explain(_ reason: String) throws {
    latest = (try? Manifest(reading: paths.manifest)) ?? latest
    try write { $0.explainFailure(reason) }
  }

  /// Makes a change, and those that wait, on the disk.
  private mutating func write(
    meanwhile: () throws -> Void = {}, _ change: (inout Manifest) throws -> Void
  ) throws {
    let waiting = deferred
    let noteDamage = { [paths, warn] (kept: FilePath) in
      warn(
        "\(paths.id): its manifest was no whole one, and is set aside as \(kept); the job goes on with what was known before"
      )
    }
    latest = try store.update(orElse: latest, noteDamage: noteDamage, meanwhile: meanwhile) { manifest in
      for earlier in waiting { earlier(&manifest) }
      try change(&manifest)
    }
    deferred = []
    changed()
  }
}

extension JobEvent.What {
  /// How a run ended.
  fileprivate init(end status: PipelineStatus) {
    switch status {
    case .completed: self = .completed
    case .failed: self = .failed
    case .pending, .running, .interrupted: self = .interrupted
    }
  }
}

extension Manifest {
  /// - Parameter seconds: the most that each can have run until now; `nil`: that is not known.
  mutating func failRunningStages(_ reason: String, within seconds: Double? = nil) {
    for stage in stages.filter({ $0.status == .running }).map(\.name) {
      changeStage(stage) { entry in
        entry["status"] = .string(StageStatus.failed.rawValue)
        entry["error"] = .string(reason)
        if let seconds, let began = entry["started_at"]?.string.flatMap({ Timestamp($0) }) {
          entry["duration_seconds"] = .double(max(0, min(Timestamp.now.seconds(since: began), seconds)))
        }
      }
      note(stage, .failed)
    }
  }

  /// Says of stages that were only told to stop, or that the kernel ended, why that was.
  mutating func explainStops(_ reason: String, since began: Timestamp) {
    for stage in stages where stage.status == .failed && (stage.isStopped || stage.isKilled) {
      guard let ended = stage.ended, ended >= began else { continue }
      changeStage(stage.name) { $0.explain(reason) }
    }
  }

  /// Says why the last run failed, where that is recorded with less.
  mutating func explainFailure(_ reason: String) {
    let last = failedInLastRun
    // A stage that failed of itself has said why: that stands before it.
    let known = last.flatMap { $0.isKilled || $0.isStopped ? nil : $0.reason }
    let reason = known.map { "\($0); \(reason)" } ?? reason
    if let last { changeStage(last.name) { $0.explain(reason) } }
    document["pipeline"]?["error"] = .string(reason)
    var history = document["history"]?.array ?? []
    if let index = history.lastIndex(where: { $0["event"]?.string == JobEvent.What.failed.rawValue }) {
      history[index]["reason"] = .string(reason)
      document["history"] = .array(history)
    }
  }

  /// When the last run began.
  var runBegan: Timestamp? {
    let timing = document["timing"]
    return (timing?["resumed_at"]?.string ?? timing?["started_at"]?.string).flatMap { Timestamp($0) }
  }

  /// The stage that failed last, if it did so in the last run.
  var failedInLastRun: StageRecord? {
    let began = runBegan
    let failed = stages.filter { stage in
      guard stage.status == .failed, let began else { return stage.status == .failed }
      return stage.ended.map { $0 >= began } ?? false
    }
    return failed.max { ($0.ended?.microseconds ?? 0) < ($1.ended?.microseconds ?? 0) }
  }

  mutating func setPipeline(_ status: PipelineStatus, stage: String?, workflow: String?) {
    var pipeline = document["pipeline"] ?? .object(.init())
    pipeline["status"] = .string(status.rawValue)
    pipeline["current_stage"] = .string(stage)
    for list in ["completed_stages", "failed_stages"] where pipeline[list] == nil { pipeline[list] = .array([]) }
    if let workflow { pipeline["workflow"] = .string(workflow) }
    document["pipeline"] = pipeline
  }
}

extension StageRecord {
  fileprivate var ended: Timestamp? { fields["completed_at"]?.string.flatMap { Timestamp($0) } }
  fileprivate var isStopped: Bool { reason == stoppedOnRequest }
  /// Also where what was killed, or told to end, was begun by the stage's shell, which then tells of it by its own exit code.
  fileprivate var isKilled: Bool {
    [AttemptRun.killed, AttemptRun.ended(by: SIGTERM), AttemptRun.ended(with: 137), AttemptRun.ended(with: 143)]
      .contains(reason)
  }
}

extension JSON {
  /// As a stage's record: its reason, which stands for its error where it had said nothing.
  fileprivate mutating func explain(_ reason: String) {
    let earlier = self["reason"]
    if self["error"] == nil || self["error"] == earlier || earlier?.string == stoppedOnRequest {
      self["error"] = .string(reason)
    }
    self["reason"] = .string(reason)
  }
}
