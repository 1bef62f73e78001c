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

  /// - Parameter named: the folders of jobs whose only copy may go.
  public init(in workspace: Workspace, _ rules: RetentionRules, named: Set<String>) {
    (self.workspace, self.rules, self.named) = (workspace, rules, named)
  }

  /// What would become of each.
  ///
  /// Where jobs are named and no rule is given, theirs go.
  public func plan(_ archives: [IndexedArchive]) -> [Outcome] {
    let archives = rules.isEmpty ? archives.filter { named.contains($0.folder) } : archives
    let reasons =
      rules.isEmpty ? archives.map { _ in String?.none } : rules.reasons(archives.map { moment(of: $0) })
    return zip(archives, reasons).map { archive, reason in
      let isOnlyCopy =
        archive.status != .redacted && !isDirectory(workspace.resolve(documentPath: archive.folder))
      var outcome = Outcome(archive: archive, status: .planned, isOnlyCopy: isOnlyCopy)
      if let reason {
        (outcome.status, outcome.reason) = (.kept, reason)
      } else if isOnlyCopy, !named.contains(archive.folder) {
        outcome.status = .kept
        outcome.reason = "the only copy of the job: name it to have it removed"
      }
      return outcome
    }
  }

  /// Removes what a plan says.
  public func run(_ plan: [Outcome]) -> [Outcome] {
    plan.map { planned in
      guard planned.status == .planned else { return planned }
      var outcome = planned
      do {
        try remove(planned.archive)
        outcome.status = .removed
      } catch {
        let known = error as? JobError
        (outcome.status, outcome.error) = (.failed, known?.code ?? .io)
        outcome.reason =
          known.map { error in error.message + (error.underlying.map { " (\($0))" } ?? "") } ?? "\(error)"
      }
      return outcome
    }
  }

  /// What an archive's age counts from: the job's end, or else its day.
  private func moment(of archive: IndexedArchive) -> Timestamp {
    if let moment = archive.moment { return moment }
    let day = archive.place(in: workspace)?.relative.split(separator: "/").prefix(3).joined(separator: "-")
    return day.flatMap { Timestamp("\($0)T00:00:00") } ?? Timestamp(microseconds: archive.modified / 1000)
  }

  private func remove(_ archive: IndexedArchive) throws {
    guard let file = archive.place(in: workspace)?.file(in: workspace) else { return }
    // Nothing may show the number any more.
    try JobRemoval(in: workspace).keepNumber(of: archive.jobID)
    guard unlink(file) || !exists(file) else {
      throw JobError(.io, file.string, "cannot be removed")
    }
    try DurableFile.syncFolder(of: file)
  }
}
