internal import Hashing
internal import Jobs
public import SystemPackage

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
  /// - Throws: ``JobError`` with code `io`.
  public init(hashing path: FilePath) throws {
    do {
      let status = try FileStatus(of: path)
      self.init(sha256: try SHA256.hex(ofFileAt: path), status: status)
    } catch {
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
