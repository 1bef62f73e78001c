internal import Glibc
public import Index
public import Jobs
internal import SystemPackage

/// Removes archives that no rule keeps; never the only copy of a job that was not named.
public struct ArchivePruning: Sendable {
  public struct Outcome: Sendable {
    public enum Status: String, Sendable {
      case kept
      /// What would be done.
      case planned
      case removed
      case failed
    }

    public var archive: IndexedArchive
    public var status: Status
    public var reason: String?
    /// Whether nothing else is left of the job.
    public var isOnlyCopy: Bool
    public var error: JobError.Code?
  }

  private let workspace: Workspace
  private let rules: RetentionRules
  private let named: Set<String>

  /// - Parameter named: the folders of jobs, and the paths of archives, as documents write them: also the only copy may go.
  public init(in workspace: Workspace, _ rules: RetentionRules, named: Set<String>) {
    (self.workspace, self.rules, self.named) = (workspace, rules, named)
  }

  private func isNamed(_ archive: IndexedArchive) -> Bool {
    named.contains(archive.folder) || named.contains(archive.path)
  }

  /// What would become of each.
  ///
  /// Where jobs are named and no rule is given, theirs go.
  public func plan(_ archives: [IndexedArchive]) -> [Outcome] {
    if rules.isEmpty { return archives.filter { isNamed($0) }.map { decide($0, keptAs: nil) } }
    // Copies for sharing take no place from archives that stand for jobs.
    let counted = archives.indices.filter { archives[$0].status != .redacted }
    var reasons = [String?](repeating: nil, count: archives.count)
    for (index, reason) in zip(counted, rules.reasons(counted.map { moment(of: archives[$0]) })) {
      reasons[index] = reason
    }
    return zip(archives, reasons).map { decide($0, keptAs: $1) }
  }

  private func decide(_ archive: IndexedArchive, keptAs reason: String?) -> Outcome {
    let isNamed = isNamed(archive)
    var outcome = Outcome(archive: archive, status: .planned, isOnlyCopy: false)
    var objection: String?
    if archive.status == .redacted {
      objection = "a copy for sharing, of which no rule tells"
    } else {
      objection = archive.place(in: workspace).flatMap { StandingCopy(beside: $0, in: workspace).flaw() }
      outcome.isOnlyCopy = objection != nil
    }
    if let reason {
      (outcome.status, outcome.reason) = (.kept, reason)
    } else if let objection, !isNamed {
      (outcome.status, outcome.reason) = (.kept, "\(objection): name the job to have it removed")
    }
    return outcome
  }

  /// Removes what a plan says, where it still stands when nobody else has the job in hand.
  public func run(_ plan: [Outcome]) -> [Outcome] {
    plan.map { planned in
      guard planned.status == .planned else { return planned }
      var outcome = planned
      do {
        let lock = try takeLock(of: planned.archive)
        try withoutRestoration(of: planned.archive) {
          outcome = decide(planned.archive, keptAs: nil)
          if outcome.status == .planned { try remove(planned.archive, &outcome) }
        }
        _ = consume lock
      } catch {
        let known = error as? JobError
        (outcome.status, outcome.error) = (.failed, known?.code ?? .io)
        outcome.reason = known?.reason ?? "\(error)"
      }
      return outcome
    }
  }

  /// Who archives, runs or removes the job holds its lock: until that is free, nothing tells what will be left of it.
  private func takeLock(of archive: IndexedArchive) throws -> FileLock? {
    guard archive.status != .redacted, let place = archive.place(in: workspace) else { return nil }
    let folder = workspace.resolve(documentPath: place.folder)
    guard isDirectory(folder) else { return nil }
    do {
      return try QuietLock.take(of: folder, subject: archive.jobID)
    } catch {
      if isTaken(folder) { throw error }
      return nil
    }
  }

  /// Does something while no process puts the job back from its archive.
  ///
  /// - Throws: ``JobError`` with code `locked` when one does; or what `body` throws.
  private func withoutRestoration(of archive: IndexedArchive, _ body: () throws -> Void) throws {
    guard archive.status != .redacted, let place = archive.place(in: workspace),
      let staging = RestoreStaging(
        output: workspace.resolve(documentPath: place.folder), logs: workspace.resolve(documentPath: place.logs))
    else { return try body() }
    guard let lock = try reserve(staging) else { return try body() }
    let result = Result { try body() }
    staging.discard()
    _ = consume lock
    try result.get()
  }

  /// - Returns: `nil` where the disk is too full for it: no restoration finds room there either, and archives are pruned to make some.
  private func reserve(_ staging: RestoreStaging) throws -> FileLock? {
    do {
      return try staging.reserve()
    } catch let error as JobError where (error.underlying as? Errno)?.isFull == true {
      return nil
    }
  }

  /// What an archive's age counts from: the job's end, or else its day.
  private func moment(of archive: IndexedArchive) -> Timestamp {
    if let moment = archive.moment { return moment }
    let day = archive.place(in: workspace)?.relative.split(separator: "/").prefix(3).joined(separator: "-")
    return day.flatMap { Timestamp("\($0)T00:00:00") } ?? Timestamp(microseconds: archive.modified / 1000)
  }

  private func remove(_ archive: IndexedArchive, _ outcome: inout Outcome) throws {
    guard let file = archive.place(in: workspace)?.file(in: workspace) else { return }
    if let now = try? FileStatus(of: file), now.modified != archive.modified || now.size != archive.archiveBytes {
      (outcome.status, outcome.reason) = (.kept, "it was replaced since it was looked at")
      return
    }
    // Nothing may show the number any more.
    try JobRemoval(in: workspace).keepNumber(of: archive.jobID)
    let isRemoved = unlink(file)
    let reason = Errno(rawValue: errno)
    guard isRemoved || !exists(file) else {
      throw JobError(.io, file.string, "cannot be removed", underlying: reason)
    }
    try DurableFile.syncFolder(of: file)
    outcome.status = .removed
  }
}
