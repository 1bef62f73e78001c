internal import Glibc
public import Index
public import Jobs
internal import SeekableTar
internal import Synchronization
internal import SystemPackage

/// Archives many jobs, several at a time.
public final class ArchivingRun: Sendable {
  /// What happens, for who shows it. Told from several threads.
  public enum Event: Sendable {
    case began(IndexedJob)
    /// How far all is: bytes of jobs done, and in all.
    case moved(done: Int, total: Int)
    case ended(ArchiveOutcome)
  }

  /// How a run is asked to end.
  public enum Stop: Sendable { case no, afterThese, now }

  private let workspace: Workspace
  private let archiving: JobArchiving
  private let jobs: Int
  private let over: Double?
  private let stop: @Sendable () -> Stop
  private let observe: @Sendable (Event) -> Void
  private let state: Mutex<State>

  private struct State {
    var waiting: [(number: Int, candidate: ArchiveChoice.Candidate, bytes: Int)] = []
    var outcomes: [Int: ArchiveOutcome] = [:]
    var done: [Int: Int] = [:]
    var total = 0
  }

  /// - Parameters:
  ///   - jobs: how many at a time.
  ///   - over: as in ``ArchiveChoice``.
  ///   - moved: called when an archive has come, or a job is gone.
  public init(
    in workspace: Workspace, _ options: JobArchiving.Options, jobs: Int, over: Double?,
    stop: @escaping @Sendable () -> Stop, moved: @escaping @Sendable () -> Void,
    observe: @escaping @Sendable (Event) -> Void
  ) {
    (self.workspace, self.jobs, self.over, self.stop, self.observe) = (workspace, max(1, jobs), over, stop, observe)
    archiving = JobArchiving(in: workspace, options, moved: moved)
    state = Mutex(State())
  }

  /// What would be done with each.
  ///
  /// - Parameter ratio: of an archive's bytes to the job's, as it is expected: where a disk is to be freed, that tells how many jobs it takes.
  public func plan(_ candidates: [ArchiveChoice.Candidate], ratio: Double) -> [ArchiveOutcome] {
    let disk = over == nil ? nil : DiskUse(of: workspace.outputRoot)
    let takesArchives = DiskUse.isOne(workspace.outputRoot, workspace.archiveRoot)
    var freed = 0.0
    return candidates.map { candidate in
      if let early = early(candidate) { return early }
      if let over, let disk, disk.part(freeing: freed) <= over {
        return notNeeded(candidate.job, "would be", disk.part(freeing: freed))
      }
      if let kept = kept(candidate) { return kept }
      do {
        let size = try archiving.measure(candidate.job)
        try archiving.refuseChanged(candidate.job)
        var outcome = ArchiveOutcome(candidate.job, .planned)
        (outcome.members, outcome.bytes) = (size.members, size.bytes)
        if !archiving.keepsJob {
          outcome.excluded = size.excluded
          freed += Double(size.room)
        }
        // Holes take next to nothing in an archive, too.
        if takesArchives { freed -= Double(min(size.bytes, size.room)) * ratio }
        return outcome
      } catch {
        return failed(candidate.job, error)
      }
    }
  }

  /// Archives them, in their order as far as they are begun; trouble with one does not keep the others.
  public func run(_ candidates: [ArchiveChoice.Candidate]) -> [ArchiveOutcome] {
    for (number, candidate) in candidates.enumerated() {
      if let early = early(candidate) {
        end(number, early)
        continue
      }
      let bytes = (try? archiving.measure(candidate.job).bytes) ?? 0
      state.withLock { state in
        state.waiting.append((number, candidate, bytes))
        state.total += bytes
      }
    }
    onThreads(min(jobs, state.withLock { $0.waiting.count })) { [self] _ in
      while let next = state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }) {
        let outcome = outcome(of: next.candidate, number: next.number, bytes: next.bytes)
        // Whatever became of it, nothing more is to be done.
        note(next.number, next.bytes)
        end(next.number, outcome)
      }
    }
    return state.withLock { state in candidates.indices.compactMap { state.outcomes[$0] } }
  }

  private func outcome(of candidate: ArchiveChoice.Candidate, number: Int, bytes: Int) -> ArchiveOutcome {
    let job = candidate.job
    if stop() != .no { return ArchiveOutcome(job, .skipped, reason: "not begun: stopped") }
    if let over, let used = DiskUse.part(of: workspace.outputRoot), used <= over {
      return notNeeded(job, "is", used)
    }
    if let kept = kept(candidate) { return kept }
    observe(.began(job))
    do {
      return try archiving.archive(job) { [self] part in
        if stop() == .now { throw CancellationError() }
        note(number, Int(Double(bytes) * part))
      }
    } catch {
      return failed(job, error)
    }
  }

  private func notNeeded(_ job: IndexedJob, _ word: String, _ used: Double) -> ArchiveOutcome {
    ArchiveOutcome(job, .skipped, reason: "not needed: the disk \(word) \(Int((used * 100).rounded())) % full")
  }

  private func note(_ number: Int, _ bytes: Int) {
    let (done, total) = state.withLock { state in
      state.done[number] = max(state.done[number] ?? 0, bytes)
      return (state.done.values.reduce(0, +), state.total)
    }
    observe(.moved(done: min(done, total), total: total))
  }

  private func end(_ number: Int, _ outcome: ArchiveOutcome) {
    state.withLock { $0.outcomes[number] = outcome }
    observe(.ended(outcome))
  }

  /// What needs no work.
  private func early(_ candidate: ArchiveChoice.Candidate) -> ArchiveOutcome? {
    if candidate.isDone, archiving.masks {
      let reason = "only its archive is there; restore it first: cpwx archive restore \(candidate.job.jobID)"
      return ArchiveOutcome(candidate.job, .kept, reason: reason)
    }
    if candidate.isDone { return ArchiveOutcome(candidate.job, .skipped, reason: "it is archived already") }
    // A job that is not needed stays, whatever speaks against it.
    return over == nil ? kept(candidate) : nil
  }

  private func kept(_ candidate: ArchiveChoice.Candidate) -> ArchiveOutcome? {
    candidate.objection.map { ArchiveOutcome(candidate.job, .kept, reason: $0) }
  }

  private func failed(_ job: IndexedJob, _ error: any Error) -> ArchiveOutcome {
    switch error {
    case is CancellationError: return ArchiveOutcome(job, .skipped, reason: "stopped")
    case let noted as JobArchiving.Noted:
      var outcome = failed(job, noted.error)
      outcome.reason = [outcome.reason, noted.note].compactMap(\.self).joined(separator: "; ")
      return outcome
    case let kept as JobArchiving.Kept: return ArchiveOutcome(job, .kept, reason: kept.reason)
    case let error as ArchiveError:
      if error.underlying is CancellationError || stop() == .now {
        return ArchiveOutcome(job, .skipped, reason: "stopped")
      }
      var known = JobError(error, job.jobID)
      known.remedy = nil
      let isKept = error.code == .changed || error.code == .unsupported
      var outcome = ArchiveOutcome(job, isKept ? .kept : .failed, reason: text(known))
      if !isKept { outcome.error = known.code }
      return outcome
    case let error as JobError:
      let isKept = error.code == .locked
      var outcome = ArchiveOutcome(job, isKept ? .kept : .failed, reason: text(error))
      if !isKept { outcome.error = error.code }
      return outcome
    default:
      var outcome = ArchiveOutcome(job, .failed, reason: "\(error)")
      outcome.error = .io
      return outcome
    }
  }

  /// What an error says, with the file that it is about where that is not the job.
  private func text(_ error: JobError) -> String {
    if error.code == .locked { return "it \(error.reason)" }
    guard error.subject.contains("/") else { return error.reason }
    return "\(workspace.documentPath(FilePath(error.subject))): \(error.reason)"
  }
}
