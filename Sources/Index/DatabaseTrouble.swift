internal import GRDB
internal import Jobs
internal import SystemPackage

extension DatabaseError {
  /// Whether what is to be written cannot be: the disk is full, or the file closed to this user.
  var tellsOfNoWriting: Bool {
    switch resultCode {
    case .SQLITE_FULL, .SQLITE_READONLY, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_PERM: true
    default: false
    }
  }

  /// Whether SQLite found the file to hold what it must not.
  var tellsOfDamage: Bool {
    switch resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_SCHEMA: true
    case .SQLITE_ERROR: message?.contains("no such") == true || message?.contains("malformed") == true
    default: false
    }
  }

  /// The error of a workspace that no index can be made for.
  func madeNoIndex(in workspace: Workspace, remedy: String) -> JobError {
    JobError(
      .io, IndexFile(in: workspace).path.string, "the index cannot be made (\(message ?? "\(self)"))", remedy: remedy)
  }
}
