internal import CFiles
public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What `stat` tells of a file, in Swift's terms.
public struct FileStatus: Sendable, Equatable {
  /// Bytes.
  public var size: Int
  public var isDirectory: Bool
  public var isRegular: Bool
  public var permissions: FilePermissions
  public var inode: UInt64
  public var device: UInt64
  /// Nanoseconds since 1970.
  public var modified: Int64
  /// The numbers of the user and the group that own it.
  public var owner: UInt32
  public var group: UInt32

  /// - Throws: `Errno`. Symbolic links are followed.
  public init(of path: FilePath) throws(Errno) {
    var raw = stat()
    guard unsafe path.withPlatformString({ unsafe stat($0, &raw) }) == 0 else { throw Errno.current }
    self.init(raw)
  }

  /// Of a symbolic link itself, where one is at `path`.
  ///
  /// - Throws: `Errno`.
  public init(ofLink path: FilePath) throws(Errno) {
    var raw = stat()
    guard unsafe path.withPlatformString({ unsafe lstat($0, &raw) }) == 0 else { throw Errno.current }
    self.init(raw)
  }

  /// When something at `path` was made, or where the file system does not say, last changed or put there, in nanoseconds since 1970;
  /// no program can set it.
  public static func birthTime(of path: FilePath) -> Int64? {
    var (seconds, fraction) = (0, 0)
    if unsafe path.withPlatformString({ unsafe file_birth($0, &seconds, &fraction) }) == 0 {
      return nanoseconds(seconds, fraction)
    }
    var raw = stat()
    guard unsafe path.withPlatformString({ unsafe lstat($0, &raw) }) == 0 else { return nil }
    return nanoseconds(raw.st_ctim.tv_sec, raw.st_ctim.tv_nsec)
  }

  /// - Throws: `Errno`.
  public init(of file: FileDescriptor) throws(Errno) {
    var raw = stat()
    guard unsafe fstat(file.rawValue, &raw) == 0 else { throw Errno.current }
    self.init(raw)
  }

  private init(_ raw: stat) {
    size = Int(raw.st_size)
    isDirectory = raw.st_mode & S_IFMT == S_IFDIR
    isRegular = raw.st_mode & S_IFMT == S_IFREG
    permissions = FilePermissions(rawValue: raw.st_mode & 0o7777)
    inode = UInt64(raw.st_ino)
    device = UInt64(raw.st_dev)
    (owner, group) = (raw.st_uid, raw.st_gid)
    modified = nanoseconds(raw.st_mtim.tv_sec, raw.st_mtim.tv_nsec)
  }
}

/// A file's time in nanoseconds since 1970.
///
/// A file can be given any time that fits 64 bits of seconds: one before 1823 or after 2262 counts as of that year, so that it
/// can be counted in nanoseconds and be taken from the present.
public func nanoseconds(_ seconds: Int, _ fraction: Int) -> Int64 {
  Int64(min(max(seconds, Int(Int64.min / 2_000_000_000)), Int(Int64.max / 1_000_000_000) - 1)) * 1_000_000_000
    + Int64(fraction)
}
