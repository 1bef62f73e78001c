internal import Index
public import Jobs
internal import SystemPackage

/// Cancels jobs: what is at work of one is ended, and no run goes on with it until it is asked for.
///
/// The wish is a file in the job's folder (``Cancellation``), so that it outlives whoever made it: the run that has the job
/// in hand ends it, and writes down why; where nobody has, or the run dies meanwhile, that is done here.
public struct JobCancelling {
  public enum Result: String, Sendable {
    case cancelled
    /// It was before.
    case cancelledBefore = "cancelled before"
    /// Whoever has it in hand will end it.
    case asked = "asked to stop"
    /// There was nothing left to cancel.
    case completed
  }

  private let workspace: Workspace
  private let environment: [String: String]
  private let say: (String) -> Void

  /// - Parameter say: told of what is waited for, and of what could not be seen.
  public init(in workspace: Workspace, environment: [String: String], say: @escaping (String) -> Void) {
    (self.workspace, self.environment, self.say) = (workspace, environment, say)
  }

  /// What cancelling a job would do; nothing is changed.
  public func outlook(on job: JobPaths) -> String {
    if (try? Manifest(reading: job.manifest))?.status(isRunning: FileLock.isHeld(job.lock)) == .completed {
      return Result.completed.rawValue
    }
    let isHeld = FileLock.isHeld(job.lock)
    if !isHeld, let note = ContainerNote(of: job) { return "would have its container on \(note.host) ended" }
    if Cancellation(of: job) != nil { return Result.cancelledBefore.rawValue }
    return isHeld ? "would be stopped" : "would not be begun"
  }

  /// Cancels a job.
  ///
  /// - Returns: what came of it; `nil` when another process has the job in hand, which ends it now: ``settle(_:)`` waits.
  /// - Throws: ``JobError`` with code `io`, or `locked` when a container of the job may be at work where it cannot be ended;
  ///   the job is cancelled then all the same, and asked once more it is ended.
  public func ask(_ job: JobPaths) throws -> Result? {
    let lock: FileLock
    do {
      lock = try FileLock.take(job.lock, subject: job.id.description, looks: 3)
    } catch let error as JobError where error.code == .locked {
      _ = try Cancellation.make(for: job, by: caller(environment))
      say("\(error.subject) \(error.message), and is asked to stop")
      leaveQueue(job)
      return nil
    }
    defer { if Cancellation(of: job) != nil { leaveQueue(job) } }
    let result = try settled(job)
    _ = consume lock
    return result
  }

  /// Waits until nobody has a job in hand that is cancelled.
  ///
  /// - Throws: ``JobError`` as ``ask(_:)`` does.
  public func settle(_ job: JobPaths) throws -> Result {
    let lock = try FileLock.take(job.lock, subject: job.id.description, waitingUnless: StopSource())
    let result = try settled(job)
    _ = consume lock
    // Whoever has the job told of it has done so for this wish.
    return result == .cancelledBefore ? .cancelled : result
  }

  /// Has a job that nobody has in hand be cancelled, and its manifest say so. The caller holds the job's lock.
  private func settled(_ job: JobPaths) throws -> Result {
    let manifest = try? Manifest(reading: job.manifest)
    if manifest?.status(isRunning: false) == .completed {
      try Cancellation.lift(from: job)
      say("\(job.id) is completed: there is nothing to cancel")
      return .completed
    }
    // The wish stands whatever becomes of what is at work.
    let cancellation = try Cancellation.make(for: job, by: caller(environment))
    try endOrphans(of: job)
    if let manifest, cancellation.isRecorded(in: manifest) { return .cancelledBefore }
    let info = try? JobInfo(reading: job.info)
    let bare = Manifest(newFor: job, created: info?.created ?? .now, by: info?.createdBy, in: workspace)
    JobManager(workspace).cleanupJobEnv(job)
    try ManifestStore(job.manifest).update(orElse: bare) {
      $0.close(for: cancellation)
    }
    return .cancelled
  }

  private func endOrphans(of job: JobPaths) throws {
    do {
      if try Orphans.end(of: job, in: workspace, environment: environment, trouble: say) {
        say("\(job.id): ended processes that a run had left behind")
      }
    } catch let error as JobError where error.code == .locked {
      throw JobError(
        .locked, job.id.description, "is cancelled; its container may go on: it \(error.message)",
        remedy: error.remedy.map { $0.replacing("Nothing was changed.", with: "No run goes on with it.") })
    }
  }

  /// Takes the job's task out of a cluster's queue. One that begins all the same sees that the job is cancelled.
  private func leaveQueue(_ job: JobPaths) {
    do {
      guard let (array, index) = try workspace.task(of: job) else { return }
      let slurm = try Slurm(environment: environment, folder: workspace.root)
      let waiting = try slurm.tasks(named: [array.name]).filter { $0.index == index && $0.state == .waiting }
      // Told to take those that wait only, scancel takes all of an array that wait. One that begins now begins no job.
      if !waiting.isEmpty { try slurm.cancel(waiting.map(\.id)) }
    } catch {
      say("\(job.id): its task stays in the cluster's queue, and will end as soon as it begins: \(error)")
    }
  }
}

extension Manifest {
  /// The end of a job that nobody is at work on.
  fileprivate mutating func close(for cancellation: Cancellation) {
    rememberEnding()
    rememberInterruption()
    failRunningStages(interruptedAtWork)
    // How a run failed is worth more than that nobody is to try again.
    if recordedStatus != .failed {
      setPipeline(.interrupted, stage: nil, workflow: nil)
      document["pipeline"]?["error"] = .string(cancellation.reason)
    }
    remember(cancellation.event)
  }
}
