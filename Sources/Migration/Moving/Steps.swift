internal import Glibc
internal import Hashing
internal import Jobs
internal import SystemPackage

/// Single changes of a tree, each of which may be made again after it was made.
///
/// None waits for the disk: a group of trees does, once, before the journal says that it is done.
enum Steps {
  static func status(_ path: FilePath) -> stat? {
    var raw = stat()
    return unsafe path.withPlatformString { unsafe lstat($0, &raw) } == 0 ? raw : nil
  }

  static func isThere(_ path: FilePath) -> Bool { status(path) != nil }

  /// Renames what is there; what has been renamed already stays. Nothing is replaced.
  static func rename(_ from: FilePath, to: FilePath) throws {
    do throws(Errno) {
      try renameToFreeName(from, to: to)
    } catch {
      try look(at: error, of: from, to: to)
    }
  }

  /// Looks at why something could not be renamed: it may have been already.
  ///
  /// - Throws: ``JobError`` where it has not.
  static func look(at reason: Errno, of from: FilePath, to: FilePath) throws {
    guard reason == .noSuchFileOrDirectory else { throw failed(from, "cannot be moved to \(to.string)", reason) }
    if isThere(to) { return }
    throw JobError(.io, from.string, "is gone", remedy: "Nothing else was changed of it.")
  }

  /// A file with these bytes; one that is there already and has them stays.
  static func write(
    _ bytes: [UInt8], to path: FilePath, mode: FilePermissions, like folder: TreeScan.Folder?, at moment: Timestamp
  ) throws {
    let time = moment.microseconds * 1000
    let standing = try? DurableFile.read(path)
    if standing == bytes { return setTime(path, time) }
    if let standing, !isOwn(standing, at: path, like: bytes, at: moment) {
      throw JobError(.io, path.string, "is there already, and is not what the migration wrote")
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
    do throws(Errno) {
      if standing == nil { try renameToFreeName(beside, to: path) } else { try Jobs.rename(beside, to: path) }
    } catch {
      unlink(beside)
      throw failed(path, "cannot be written", error)
    }
  }

  /// Whether a document is as a migration wrote it, and nobody has changed it since.
  ///
  /// After a power cut a new file's name may be there before its content. One that still bears the time that it was given
  /// is a migration's, too, though it would say something else today: a film may have come or gone since.
  static func isOwn(_ standing: [UInt8], at path: FilePath, like bytes: [UInt8]?, at moment: Timestamp) -> Bool {
    standing.isEmpty || bytes?.starts(with: standing) == true || status(path)?.modified == moment.microseconds * 1000
  }

  /// A link that points to `target`, whatever it pointed to.
  static func link(_ path: FilePath, to target: RawPath, modified: Int64?, like folder: TreeScan.Folder?) throws {
    guard let standing = read(link: path) else {
      return try makeLink(path, to: target, modified, owner: folder.map { ($0.owner, $0.group) })
    }
    removeHalfLink(at: path)
    if standing == target {
      if let folder { _ = unsafe path.withPlatformString { unsafe lchown($0, folder.owner, folder.group) } }
      if let modified { setTime(path, modified) }
      return
    }
    let beside = beside(path, ".", ".migrating")
    let owner = status(path).map { ($0.st_uid, $0.st_gid) }
    try makeLink(beside, to: target, modified, owner: owner)
    do throws(Errno) {
      try Jobs.rename(beside, to: path)
    } catch {
      unlink(beside)
      throw failed(path, "cannot be written", error)
    }
  }

  /// Removes a new link that a killed process left beside the old one.
  static func removeHalfLink(at path: FilePath) { unlink(beside(path, ".", ".migrating")) }

  /// Where what is on its way to a place, or from it, lies beside it: always the same, and under a name of at most 255 bytes.
  static func beside(_ path: FilePath, _ start: String, _ end: String = "") -> FilePath {
    var name = RawPath(path).name
    if name.bytes.count > 200 { name = RawPath(SHA256.hex(of: name.bytes)) }
    return path.removingLastComponent().appending(RawPath(Array(start.utf8) + name.bytes + Array(end.utf8)))
  }

  /// Whether a link would lead to nothing by what it is to say, and does not by what it says.
  static func wouldBreak(_ path: FilePath, _ now: RawPath, _ target: RawPath) -> Bool {
    let folder = path.removingLastComponent()
    return exists(folder.appending(now)) && !exists(folder.appending(target))
  }

  private static func makeLink(
    _ path: FilePath, to target: RawPath, _ modified: Int64?, owner: (user: uid_t, group: gid_t)?
  ) throws {
    FaultPoint.pass()
    let made = unsafe target.withPointer { target in unsafe path.withPlatformString { unsafe symlink(target, $0) } }
    guard made == 0 else { throw failed(path, "cannot be written", Errno(rawValue: errno)) }
    if let owner { _ = unsafe path.withPlatformString { unsafe lchown($0, owner.user, owner.group) } }
    if let modified { setTime(path, modified) }
  }

  static func read(link path: FilePath) -> RawPath? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe path.withPlatformString { unsafe readlink($0, &buffer, buffer.count) }
    return count > 0 ? RawPath(buffer[..<count].map { UInt8(bitPattern: $0) }) : nil
  }

  /// Sets when a file, folder or link itself was last changed, in nanoseconds since 1970.
  static func setTime(_ path: FilePath, _ time: Int64) {
    FaultPoint.pass()
    setModified(path, time)
  }

  static func setMode(_ path: FilePath, _ mode: UInt32) {
    FaultPoint.pass()
    Jobs.setMode(path, FilePermissions(rawValue: mode))
  }

  static func makeFolder(_ path: FilePath, like folder: TreeScan.Folder?) throws {
    FaultPoint.pass()
    if unsafe path.withPlatformString({ unsafe mkdir($0, 0o755) }) != 0 {
      let reason = Errno(rawValue: errno)
      guard reason == .fileExists, isDirectory(path) else { throw failed(path, "the folder cannot be made", reason) }
    }
    if let folder { _ = unsafe path.withPlatformString { unsafe chown($0, folder.owner, folder.group) } }
  }

  /// Removes a folder if nothing is in it.
  @discardableResult
  static func removeEmpty(_ path: FilePath) -> Bool { !isThere(path) || removeEmptyFolder(path) }

  static func failed(_ path: FilePath, _ what: String, _ error: any Error) -> JobError {
    let remedy =
      (error as? Errno)?.isFull == true
      ? "Make room on that disk, and run the migration again: it goes on where it stopped."
      : "Mend that, and run the migration again: it goes on where it stopped."
    return JobError(.io, path.string, what, remedy: remedy, underlying: error)
  }
}
