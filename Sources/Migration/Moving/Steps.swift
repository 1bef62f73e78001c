internal import Glibc
internal import Jobs
internal import SystemPackage

/// Single changes of a tree, each of which may be made again after it was made.
///
/// None waits for the disk: a group of trees does, once, before the journal says that it is done.
enum Steps {
  static func status(_ path: FilePath) -> stat? {
    var raw = stat()
    return path.withPlatformString { lstat($0, &raw) } == 0 ? raw : nil
  }

  static func isThere(_ path: FilePath) -> Bool { status(path) != nil }

  /// Renames what is there; what has been renamed already stays. Nothing is replaced.
  static func rename(_ from: FilePath, to: FilePath) throws {
    guard isThere(from) else {
      if isThere(to) { return }
      throw JobError(.io, from.string, "is gone", remedy: "Nothing else was changed of it.")
    }
    do {
      try renameToFreeName(from, to: to)
    } catch {
      if error == .noSuchFileOrDirectory { throw error }
      throw failed(from, "cannot be renamed to \(to.string)", error)
    }
  }

  /// A file with these bytes; one that is there already and has them stays.
  static func write(
    _ bytes: [UInt8], to path: FilePath, mode: FilePermissions, like folder: TreeScan.Folder?, at moment: Timestamp
  ) throws {
    let time = moment.microseconds * 1000
    if let standing = try? DurableFile.read(path) {
      if standing == bytes { return setTime(path, time) }
      if isThere(path), !standing.isEmpty, !bytes.starts(with: standing) {
        throw JobError(.io, path.string, "is there already, and is not what the migration wrote")
      }
      // After a power cut a new file's name may be there before its content.
      unlink(path)
    }
    let beside = path.removingLastComponent().appending(".\(path.lastComponent?.string ?? "").migrating")
    do {
      let file = try FileDescriptor.open(
        beside, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: mode)
      try file.closeAfter {
        FaultPoint.pass()
        try file.writeAll(bytes)
        if let folder { _ = fchown(file.rawValue, folder.owner, folder.group) }
        _ = fchmod(file.rawValue, mode.rawValue)
      }
    } catch {
      unlink(beside)
      throw failed(path, "cannot be written", error)
    }
    setTime(beside, time)
    do {
      try renameToFreeName(beside, to: path)
    } catch {
      unlink(beside)
      throw failed(path, "cannot be written", error)
    }
  }

  /// A link that points to `target`, whatever it pointed to.
  static func link(_ path: FilePath, to target: RawPath, modified: Int64?, like folder: TreeScan.Folder?) throws {
    if read(link: path) != target {
      let beside = path.removingLastComponent().appending(".\(path.lastComponent?.string.prefix(64) ?? "").migrating")
      unlink(beside)
      FaultPoint.pass()
      let made = target.withPointer { target in beside.withPlatformString { symlink(target, $0) } }
      guard made == 0 else { throw failed(path, "the link cannot be made", Errno(rawValue: errno)) }
      let owner = status(path).map { ($0.st_uid, $0.st_gid) } ?? folder.map { ($0.owner, $0.group) }
      if let owner { _ = beside.withPlatformString { lchown($0, owner.0, owner.1) } }
      if let modified { setTime(beside, modified) }
      FaultPoint.pass()
      let renamed = beside.withPlatformString { from in path.withPlatformString { Glibc.rename(from, $0) } }
      if renamed != 0 {
        let reason = Errno(rawValue: errno)
        unlink(beside)
        throw failed(path, "the link cannot be made", reason)
      }
    } else if let modified {
      setTime(path, modified)
    }
  }

  static func read(link path: FilePath) -> RawPath? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = path.withPlatformString { readlink($0, &buffer, buffer.count) }
    return count > 0 ? RawPath(buffer[..<count].map { UInt8(bitPattern: $0) }) : nil
  }

  /// The time of last change of a file, folder or link itself, in nanoseconds since 1970.
  static func setTime(_ path: FilePath, _ time: Int64) {
    if let now = status(path), now.modified == time { return }
    FaultPoint.pass()
    let (seconds, rest) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
    let whole = rest < 0 ? (seconds - 1, rest + 1_000_000_000) : (seconds, rest)
    let times = [
      timespec(tv_sec: 0, tv_nsec: Int(UTIME_OMIT_)), timespec(tv_sec: Int(whole.0), tv_nsec: Int(whole.1)),
    ]
    _ = path.withPlatformString { utimensat(AT_FDCWD, $0, times, AT_SYMLINK_NOFOLLOW) }
  }

  /// <sys/stat.h>: this time stays as it is.
  private static let UTIME_OMIT_ = (1 << 30) - 2

  static func setMode(_ path: FilePath, _ mode: UInt32) {
    if let now = status(path), now.st_mode & 0o7777 == mode { return }
    FaultPoint.pass()
    _ = path.withPlatformString { chmod($0, mode) }
  }

  static func makeFolder(_ path: FilePath, like folder: TreeScan.Folder?) throws {
    if isThere(path) { return }
    FaultPoint.pass()
    guard path.withPlatformString({ mkdir($0, 0o755) }) == 0 else {
      throw failed(path, "the folder cannot be made", Errno(rawValue: errno))
    }
    if let folder { _ = path.withPlatformString { chown($0, folder.owner, folder.group) } }
  }

  /// Removes a folder if nothing is in it.
  @discardableResult
  static func removeEmpty(_ path: FilePath) -> Bool {
    guard isThere(path) else { return true }
    FaultPoint.pass()
    return path.withPlatformString { rmdir($0) } == 0
  }

  static func failed(_ path: FilePath, _ what: String, _ error: any Error) -> JobError {
    let remedy =
      error as? Errno == .noSpace
      ? "Make room on that disk, and run the migration again: it goes on where it stopped."
      : "Mend that, and run the migration again: it goes on where it stopped."
    return JobError(.io, path.string, what, remedy: remedy, underlying: error)
  }
}
