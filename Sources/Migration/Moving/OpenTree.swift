internal import Glibc
internal import Jobs
internal import SystemPackage

/// A tree's top folder, held open while the tree is changed: what lies in it is found without the whole way to it.
///
/// Each step is made at once; only where that does not succeed it is looked at what stands in its way, as ``Steps`` does.
final class OpenTree {
  /// Where it lay when it was opened.
  let root: FilePath
  private let folder: CInt
  /// What was looked at once, by path; links were followed.
  private var seen: [RawPath: stat?] = [:]

  /// Opens a folder for the sake of what is in it: that takes no right to read its names. <fcntl.h>, with _GNU_SOURCE.
  private static let pathOnly: CInt = 0o10000000

  /// - Throws: ``JobError`` with code `io`, for a link too.
  init(_ root: FilePath) throws {
    self.root = root
    folder = unsafe root.withPlatformString {
      unsafe Glibc.open($0, Self.pathOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
    if folder < 0 { throw Steps.failed(root, "cannot be read", Errno(rawValue: errno)) }
  }

  deinit { if folder >= 0 { close(folder) } }

  func isThere(_ path: RawPath) -> Bool { status(ofLink: path) != nil }

  private func status(ofLink path: RawPath) -> stat? {
    var raw = stat()
    return unsafe path.withPointer { unsafe fstatat(folder, $0, &raw, AT_SYMLINK_NOFOLLOW) } == 0 ? raw : nil
  }

  /// What is at a path in it, as it was when that was asked for the first time; links are followed.
  func status(of path: RawPath) -> stat? {
    if let known = seen[path] { return known }
    var raw = stat()
    let place = path.isEmpty ? RawPath(".") : path
    let found = unsafe place.withPointer { unsafe fstatat(folder, $0, &raw, 0) } == 0 ? raw : nil
    seen[path] = .some(found)
    return found
  }

  /// As ``Steps/rename(_:to:)``.
  func rename(_ from: RawPath, to: RawPath) throws {
    guard let reason = renameToFreeName(from, to: to) else { return }
    try Steps.look(at: reason, of: root.appending(from), to: root.appending(to))
  }

  /// Gives a document the name that it is kept by, if it does not bear that already.
  func keep(_ name: RawPath, as kept: RawPath) throws {
    guard let reason = renameToFreeName(name, to: kept), !isThere(kept) else { return }
    try Steps.look(at: reason, of: root.appending(name), to: root.appending(kept))
  }

  /// - Returns: why it could not be.
  private func renameToFreeName(_ from: RawPath, to: RawPath) -> Errno? {
    unsafe from.withPointer { from in unsafe to.withPointer { unsafe Jobs.renameToFreeName(in: folder, from, to: $0) } }
  }

  /// As ``Steps/makeFolder(_:like:)``.
  func makeFolder(_ path: RawPath, like top: TreeScan.Folder?) throws {
    FaultPoint.pass()
    guard unsafe path.withPointer({ unsafe mkdirat(folder, $0, 0o755) }) == 0 else {
      return try Steps.makeFolder(root.appending(path), like: top)
    }
    giveOwner(of: top, to: path)
  }

  /// As ``Steps/link(_:to:modified:like:)``.
  func link(_ path: RawPath, to target: RawPath, modified: Int64, like top: TreeScan.Folder?) throws {
    FaultPoint.pass()
    let made = unsafe target.withPointer { target in unsafe path.withPointer { unsafe symlinkat(target, folder, $0) } }
    if made != 0 {
      let reason = Errno(rawValue: errno)
      guard reason == .fileExists else { throw Steps.failed(root.appending(path), "cannot be written", reason) }
      return try Steps.link(root.appending(path), to: target, modified: modified, like: top)
    }
    giveOwner(of: top, to: path)
    setTime(path, modified)
  }

  private func giveOwner(of top: TreeScan.Folder?, to path: RawPath) {
    guard let top, let now = status(ofLink: path), now.st_uid != top.owner || now.st_gid != top.group else { return }
    _ = unsafe path.withPointer { unsafe fchownat(folder, $0, top.owner, top.group, AT_SYMLINK_NOFOLLOW) }
  }

  /// As ``Steps/setTime(_:_:)``.
  func setTime(_ path: RawPath, _ time: Int64) {
    FaultPoint.pass()
    let times = Self.times(time)
    _ = unsafe path.withPointer { unsafe utimensat(folder, $0, times, AT_SYMLINK_NOFOLLOW) }
  }

  /// As ``Steps/write(_:to:mode:like:at:)``.
  func write(
    _ bytes: [UInt8], to name: String, mode: FilePermissions, like top: TreeScan.Folder?, at moment: Timestamp
  ) throws {
    let path = root.appending(name)
    let beside = RawPath(".\(name).migrating")
    do {
      try writeBeside(beside, bytes, mode, top, moment.microseconds * 1000)
    } catch {
      remove(beside)
      throw Steps.failed(path, "cannot be written", error)
    }
    guard let reason = renameToFreeName(beside, to: RawPath(name)) else { return }
    remove(beside)
    guard reason == .fileExists else { throw Steps.failed(path, "cannot be written", reason) }
    try Steps.write(bytes, to: path, mode: mode, like: top, at: moment)
  }

  private func writeBeside(
    _ beside: RawPath, _ bytes: [UInt8], _ mode: FilePermissions, _ top: TreeScan.Folder?, _ time: Int64
  ) throws {
    let opened = unsafe beside.withPointer {
      unsafe openat(folder, $0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode.rawValue)
    }
    guard opened >= 0 else { throw Errno(rawValue: errno) }
    let file = FileDescriptor(rawValue: opened)
    try file.closeAfter {
      FaultPoint.pass()
      try file.writeAll(bytes)
      var raw = stat()
      let isKnown = unsafe fstat(opened, &raw) == 0
      if let top, !isKnown || raw.st_uid != top.owner || raw.st_gid != top.group {
        _ = fchown(opened, top.owner, top.group)
      }
      if !isKnown || raw.st_mode & 0o7777 != mode.rawValue { _ = fchmod(opened, mode.rawValue) }
      FaultPoint.pass()
      _ = unsafe futimens(opened, Self.times(time))
    }
  }

  private func remove(_ path: RawPath) {
    FaultPoint.pass()
    _ = unsafe path.withPointer { unsafe unlinkat(folder, $0, 0) }
  }

  /// For the system: the time of the last access stays.
  private static func times(_ nanoseconds: Int64) -> [timespec] {
    let second: Int64 = 1_000_000_000
    let fraction = (nanoseconds % second + second) % second
    let unchanged = timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2)  // UTIME_OMIT
    return [unchanged, timespec(tv_sec: Int((nanoseconds - fraction) / second), tv_nsec: Int(fraction))]
  }

  /// Opens a file in it to be read; a pipe is not waited for.
  ///
  /// - Throws: `Errno`.
  func open(_ path: RawPath) throws(Errno) -> FileDescriptor {
    let opened = unsafe path.withPointer { unsafe openat(folder, $0, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
    guard opened >= 0 else { throw Errno(rawValue: errno) }
    return FileDescriptor(rawValue: opened)
  }

  /// The whole content of a file in it.
  ///
  /// - Throws: `Errno`.
  func read(_ path: RawPath) throws -> [UInt8] {
    let file = try open(path)
    return try file.closeAfter { try file.readAll(expecting: FileStatus(of: file).size) }
  }
}
