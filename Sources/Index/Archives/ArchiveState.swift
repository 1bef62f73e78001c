/// How a job stands with its archive.
public enum ArchiveState: String, CaseIterable, Sendable {
  /// Its archive is all that is left of it.
  case archived
  /// Its folder is there, and an archive of it: it was restored, or kept.
  case restored
  /// It has no archive.
  case none

  /// The state as a value in SQL over `jobs`.
  static let column = """
    (CASE WHEN jobs.size_bytes < 0 THEN 'archived' WHEN EXISTS (SELECT 1 FROM archives \
    WHERE archives.folder = jobs.folder AND archives.status <> 'redacted') THEN 'restored' ELSE 'none' END)
    """
}

extension IndexedJob {
  public var archiveState: ArchiveState { isArchived ? .archived : archive == nil ? .none : .restored }
}
