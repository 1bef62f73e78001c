public import Jobs
internal import SystemPackage

/// What the index knows of one archive: all of it read from the archive's trailer, and from the job's records in it.
public struct IndexedArchive: Sendable, Equatable {
  public enum Status: String, Sendable {
    /// It bears its name, so it was read back and compared before.
    case verified
    /// A copy for sharing, with the secrets masked.
    case redacted
    /// Its trailer cannot be read, or it holds another job than it is called after.
    case damaged
  }

  /// As documents write it.
  public var path: String
  /// The job's folder, whether it is there or not; empty for one that holds another job than it is called after.
  public var folder: String
  public var jobID: String
  /// A number, or a login name.
  public var userID: String
  public var title: String?
  public var year: Int?
  /// When the job was completed, or made.
  public var date: String?
  /// That moment.
  public var moment: Timestamp?
  /// Files, folders and links.
  public var members: Int?
  /// Of the files in it.
  public var bytes: Int?
  /// Of the archive.
  public var archiveBytes: Int
  /// Of the whole file.
  public var sha256: String?
  /// Of the uncompressed tar.
  public var tarSHA256: String?
  public var status: Status
  /// When the file was written, in nanoseconds since 1970.
  public var modified: Int64
  var inode: Int64
  /// The account that the file belongs to: of whoever made it.
  var who: String
  /// The place in the order of jobs.
  var key: Int64

  /// Whether the file is the one that was looked into, as it was then.
  func isAsRead(_ status: FileStatus) -> Bool {
    modified == status.modified && archiveBytes == status.size && who == accountName(of: status.owner)
      && inode == Int64(truncatingIfNeeded: status.inode)
  }

  /// Where it lies.
  public func place(in workspace: Workspace) -> ArchivePlace? {
    ArchivePlace(at: workspace.resolve(documentPath: path), in: workspace)
  }
}
