internal import Index
internal import Jobs
internal import SystemPackage

/// What became of a job whose task has ended: as its worker recorded it, or, where the worker could not, as the cluster
/// tells; then that is recorded.
struct JobSettlement {
  struct End {
    /// `nil` when nothing was begun.
    var status: PipelineStatus?
    var reason: String?
    /// Seconds that the last run took.
    var seconds = 0.0
    var isMissingEngine = false
  }

  private let batch: FilmBatch
  private let handed: HandedJob
  private let told: ClusterTask?
  private let said: String?

  init(_ batch: FilmBatch, _ handed: HandedJob, _ told: ClusterTask?, said: String?) {
    (self.batch, self.handed, self.told, self.said) = (batch, handed, told, said)
  }

  /// - Parameter isStopping: whether the batch itself had its tasks end.
  /// - Returns: `nil` while a process has the job in hand: one that the cluster has given up, and that goes on.
  /// - Throws: ``JobError`` when the job's records cannot be read or written.
  func end(isStopping: Bool, wasHandedOver: Bool) throws -> End? {
    let job = handed.job
    guard exists(job.output) else {
      throw JobError(.io, job.id.description, "its folder is gone: \(job.output)")
    }
    let lock: FileLock
    do {
      lock = try FileLock.take(job.lock, subject: job.id.description, looks: 2)
    } catch let error as JobError where error.code == .locked {
      return nil
    }
    WorkerProgress.removeLeft(of: job)
    let end = try judged(isStopping, wasHandedOver)
    _ = consume lock
    return end
  }

  private func judged(_ isStopping: Bool, _ wasHandedOver: Bool) throws -> End {
    let job = handed.job
    let manifest = (try? Manifest(reading: job.manifest)) ?? Manifest(document: .object(.init()))
    let hasRun = manifest.runs > handed.runs
    if isDone(manifest, hasRun) { return End(.completed, manifest) }
    if let cancellation = Cancellation(of: job) {
      let isTold = manifest.recordedStatus != .running && cancellation.isRecorded(in: manifest)
      return isTold ? End(.interrupted, manifest) : try recorded(.interrupted, cancellation.reason, manifest)
    }
    let ending = told.flatMap { ClusterEnding($0) }
    if !hasRun, isStopping { return End() }
    if !wasHandedOver { return End(reason: "it was not handed to the cluster; the next run goes on with it") }
    if let ending {
      let isCounted = hasRun && ending.status == .failed && manifest.recordedStatus == .failed
      return try recorded(ending.status, ending.reason, manifest, isCounted: isCounted)
    }
    guard hasRun, let status = manifest.recordedStatus, status == .failed || status == .interrupted else {
      return try recorded(.interrupted, ClusterEnding.untold(told, said: said), manifest)
    }
    if status == .interrupted, !isStopping, wasTold(manifest), let limit = told?.limit, let seconds = told?.seconds,
      limit - seconds < 150
    {
      return try recorded(
        .interrupted, "its time limit of \(describeDuration(limit)) was near, and it stopped", manifest)
    }
    return End(status, manifest)
  }

  /// Whether somebody told the worker to end: it does not stop by itself.
  private func wasTold(_ manifest: Manifest) -> Bool {
    let reason = manifest.document["pipeline"]?["error"]?.string
    return batch.selection.wanted.contains { reason == JobRun.stopped(at: $0) }
  }

  /// Whether all that was asked for is done, by this task or by another process that was at it.
  private func isDone(_ manifest: Manifest, _ hasRun: Bool) -> Bool {
    let stands = batch.selection.wanted.allSatisfy { stage in
      let status = manifest.stage(stage.name)?.status
      return status == .success || status == .skipped
    }
    guard stands else { return false }
    if told?.state == .ended("COMPLETED") { return true }
    return hasRun && (manifest.recordedStatus == .completed || told == nil && manifest.recordedStatus == .interrupted)
  }

  /// - Parameter isCounted: the worker lived on to record this run's failure, and knew less of why.
  private func recorded(
    _ status: PipelineStatus, _ reason: String, _ manifest: Manifest, isCounted: Bool = false
  ) throws -> End {
    var reason = reason
    if let note = ContainerNote(of: handed.job) { reason += "; its container may be at work on \(note.host) still" }
    let film = handed.film
    var record = JobRecord(
      workspace: batch.workspace, paths: handed.job, input: film.input, title: film.title, year: film.year,
      identity: film.identity, playTime: film.playTime, workflow: batch.workflow, reason: film.reason,
      who: caller(batch.environment), changed: { [batch, handed] in batch.index?.tell(handed.job) },
      // Its worker has told.
      warn: { _ in })
    // Before the end is known, as in a run.
    JobManager(batch.workspace).cleanupJobEnv(handed.job)
    // What the cluster tells is how long the last of the task's runs went on.
    if isCounted {
      try record.explain(reason)
    } else {
      try record.close(status, reason: reason, within: told?.seconds)
    }
    var end = End(status, record.latest)
    end.reason = reason
    return end
  }
}

extension JobSettlement.End {
  fileprivate init(_ status: PipelineStatus, _ manifest: Manifest) {
    let ended = manifest.document["timing"]?["completed_at"]?.string.flatMap { Timestamp($0) }
    let seconds = manifest.runBegan.flatMap { began in ended.map { $0.seconds(since: began) } } ?? 0
    self.init(
      status: status, reason: manifest.document["pipeline"]?["error"]?.string, seconds: max(0, seconds),
      isMissingEngine: status != .completed && manifest.failedInLastRun?.fields["exit_code"]?.int == 69)
  }
}
