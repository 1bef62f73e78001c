public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What `stat` tells of a file, in Swift's terms.
public struct FileStatus: Sendable, Equatable {
  public var size: Int
  public var isDirectory: Bool
  public var isRegular: Bool
  public var permissions: FilePermissions
  public var inode: UInt64
  public var device: UInt64
  /// Nanoseconds since 1970.
  public var modified: Int64

  /// - Throws: `Errno`. Symbolic links are followed.
  public init(of path: FilePath) throws(Errno) {
    var raw = stat()
    guard path.withPlatformString({ stat($0, &raw) }) == 0 else { throw Errno.current }
    self.init(raw)
  }

  /// - Throws: `Errno`.
  public init(of file: FileDescriptor) throws(Errno) {
    var raw = stat()
    guard fstat(file.rawValue, &raw) == 0 else { throw Errno.current }
    self.init(raw)
  }

  private init(_ raw: stat) {
    size = Int(raw.st_size)
    isDirectory = raw.st_mode & S_IFMT == S_IFDIR
    isRegular = raw.st_mode & S_IFMT == S_IFREG
    permissions = FilePermissions(rawValue: raw.st_mode & 0o7777)
    inode = UInt64(raw.st_ino)
    device = UInt64(raw.st_dev)
    modified = Int64(raw.st_mtim.tv_sec) * 1_000_000_000 + Int64(raw.st_mtim.tv_nsec)
  }
}

/// Whether something, or a link to something, is at `path`.
public func exists(_ path: FilePath) -> Bool { (try? FileStatus(of: path)) != nil }

public func isDirectory(_ path: FilePath) -> Bool { (try? FileStatus(of: path))?.isDirectory ?? false }

/// The names in a folder, sorted bytewise, without `.` and `..`; none when it cannot be read.
public func names(in folder: FilePath) -> [String] {
  guard let handle = folder.withPlatformString({ opendir($0) }) else { return [] }
  defer { closedir(handle) }
  var names: [String] = []
  while let entry = readdir(handle) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// Makes a folder and those above it.
///
/// - Throws: ``JobError`` with code `io`.
public func makeFolder(_ path: FilePath, mode: FilePermissions = [.ownerReadWriteExecute, .groupReadExecute, .otherReadExecute])
  throws
{
  if path.withPlatformString({ mkdir($0, mode.rawValue) }) == 0 { return }
  let reason = Errno.current
  if reason == .fileExists && isDirectory(path) { return }
  let parent = path.removingLastComponent()
  if reason == .noSuchFileOrDirectory, !parent.isEmpty, parent != path {
    try makeFolder(parent, mode: mode)
    if path.withPlatformString({ mkdir($0, mode.rawValue) }) == 0 || isDirectory(path) { return }
  }
  throw JobError(.io, path.string, "the folder cannot be made", underlying: reason)
}

func rename(_ from: FilePath, to: FilePath) throws(Errno) {
  let result = from.withPlatformString { from in to.withPlatformString { Glibc.rename(from, $0) } }
  if result != 0 { throw Errno.current }
}

/// Moves a file to a name that is free.
///
/// - Throws: ``JobError`` with code `io`; nothing is ever replaced.
public func setAside(_ path: FilePath, as name: String) throws -> FilePath {
  var target = path.removingLastComponent().appending(name)
  var serial = 1
  while exists(target) {
    serial += 1
    target = path.removingLastComponent().appending("\(name)-\(serial)")
  }
  do {
    try rename(path, to: target)
  } catch {
    throw JobError(.io, path.string, "cannot be set aside as \(target.string)", underlying: error)
  }
  return target
}

/// Removes a file; `false` when it could not be, or was not there.
@discardableResult
public func unlink(_ path: FilePath) -> Bool { path.withPlatformString { Glibc.unlink($0) } == 0 }

func fchmod(_ file: CInt, _ mode: CModeT) -> CInt { Glibc.fchmod(file, mode) }

func getpid() -> Int32 { Glibc.getpid() }

var lastError: CInt { errno }

let quotaCode: CInt = EDQUOT

extension FileDescriptor {
  func sync() throws(Errno) {
    while fsync(rawValue) != 0 {
      let reason = Errno.current
      if reason != .interrupted { throw reason }
    }
  }

  func readAll() throws -> [UInt8] {
    let expected = (try? FileStatus(of: self).size) ?? 0
    var content: [UInt8] = []
    let chunk = max(4096, expected + 1)
    while true {
      let piece = try [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
        count = try read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      if piece.isEmpty { return content }
      if content.isEmpty { content = piece } else { content += piece }
    }
  }
}
