internal import Hashing
internal import Jobs
internal import SystemPackage

/// What makes a film this film: its content, and what tells quickly that a file still holds it.
public struct FilmIdentity: Sendable, Equatable {
  /// SHA-256 of the content, in hexadecimal.
  public var sha256: String
  /// Bytes.
  public var size: Int
  /// Nanoseconds since 1970.
  public var modified: Int64
  public var inode: UInt64

  /// Reads the whole file.
  ///
  /// - Parameter stop: ends the reading as soon as the run is told to end: nothing hangs on it yet.
  /// - Throws: ``JobError`` with code `io`; `CancellationError`.
  init(hashing path: FilePath, stop: StopSource?) throws {
    do {
      let status = try FileStatus(of: path)
      self.init(sha256: try SHA256.hex(ofFileAt: path, stop: stop), status: status)
    } catch let error where !(error is CancellationError) {
      throw JobError(.io, path.string, "the film cannot be read", underlying: error)
    }
  }

  init(sha256: String, size: Int, modified: Int64, inode: UInt64) {
    (self.sha256, self.size, self.modified, self.inode) = (sha256, size, modified, inode)
  }

  private init(sha256: String, status: FileStatus) {
    self.sha256 = sha256
    (size, modified, inode) = (status.size, status.modified, status.inode)
  }

  func record(in input: inout JSON) {
    input["size_bytes"] = .int(size)
    input["sha256"] = .string(sha256)
    input["modified_ns"] = .int(modified)
    input["inode"] = .int(Int(truncatingIfNeeded: inode))
  }

  /// Whether the file at `path` is, by its size, time and inode, the one that was read.
  func stillFits(_ status: FileStatus) -> Bool {
    (size, modified, inode) == (status.size, status.modified, status.inode)
  }
}

extension SHA256 {
  /// The digest of a file's content, given up when the run is told to end.
  ///
  /// - Throws: `Errno`; `CancellationError`.
  static func hex(ofFileAt path: FilePath, stop: StopSource?) throws -> String {
    try hex(ofFileAt: path) { stop.map { $0.level > .none } ?? false }
  }
}
