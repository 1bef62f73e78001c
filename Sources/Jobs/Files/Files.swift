internal import CFiles
public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Whether something is at `path`; links are followed.
public func exists(_ path: FilePath) -> Bool { (try? FileStatus(of: path)) != nil }

/// Whether a folder is at `path`; links are followed.
public func isDirectory(_ path: FilePath) -> Bool { (try? FileStatus(of: path))?.isDirectory ?? false }

/// Whether there is no folder at `path`. Of one that cannot be looked at, since one above it is closed to this user or its disk
/// fails, that is not known.
package func isNoFolder(_ path: FilePath) -> Bool {
  do throws(Errno) {
    return try !FileStatus(of: path).isDirectory
  } catch {
    return [.noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels].contains(error)
  }
}

/// Whether something is at `path`, be it a link to nothing.
public func isTaken(_ path: FilePath) -> Bool { (try? FileStatus(ofLink: path)) != nil }

/// Sets when a file or folder was last written, in nanoseconds since 1970. Links are not followed.
public func setModified(_ path: FilePath, _ nanoseconds: Int64) {
  let second: Int64 = 1_000_000_000
  let fraction = (nanoseconds % second + second) % second
  let unchanged = timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2)  // UTIME_OMIT
  let times = [unchanged, timespec(tv_sec: Int((nanoseconds - fraction) / second), tv_nsec: Int(fraction))]
  _ = unsafe path.withPlatformString { unsafe utimensat(AT_FDCWD, $0, times, AT_SYMLINK_NOFOLLOW) }
}

/// Gives a file or folder another mode; `false` when it could not be, or is not there. Links are followed.
@discardableResult
package func setMode(_ path: FilePath, _ mode: FilePermissions) -> Bool {
  unsafe path.withPlatformString { unsafe chmod($0, mode.rawValue) } == 0
}

/// Whether the calling user may do that with what is at `path`: `R_OK`, `W_OK` and `X_OK` of C in one.
package func mayAccess(_ path: FilePath, _ rights: CInt) -> Bool {
  unsafe path.withPlatformString { unsafe access($0, rights) } == 0
}

/// The path with no links in it; `nil` when nothing is there.
public func realPath(_ path: FilePath) -> FilePath? {
  guard let real = unsafe path.withPlatformString({ unsafe realpath($0, nil) }) else { return nil }
  defer { unsafe free(real) }
  return unsafe FilePath(platformString: real)
}

/// The names in a folder, sorted bytewise, without `.` and `..`; none when it cannot be read.
///
/// A name that is no UTF-8 comes repaired, and so names nothing that could be opened.
public func names(in folder: FilePath) -> [String] { (try? readNames(in: folder)) ?? [] }

/// The same; none when there is no such folder.
///
/// - Throws: `Errno` when it cannot be read.
public func readNames(in folder: FilePath) throws(Errno) -> [String] {
  try unsortedNames(in: folder).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// The names in a folder as the file system has them in order, without `.` and `..`; none when there is no such folder.
///
/// - Throws: `Errno` when it cannot be read.
func unsortedNames(in folder: FilePath) throws(Errno) -> [String] {
  guard let handle = unsafe folder.withPlatformString({ unsafe opendir($0) }) else {
    let reason = Errno.current
    if reason == .noSuchFileOrDirectory || reason == .notDirectory { return [] }
    throw reason
  }
  defer { unsafe closedir(handle) }
  var names: [String] = []
  errno = 0
  while let entry = unsafe readdir(handle) {
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
      unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
    errno = 0
  }
  // Also where only the rest cannot be read: nobody may take a part for the whole.
  if errno != 0 { throw .current }
  return names
}

/// Makes a folder and those above it.
///
/// - Returns: the folders that have a new name in them by that, to be synced where it matters.
/// - Throws: ``JobError`` with code `io`.
@discardableResult
public func makeFolder(
  _ path: FilePath, mode: FilePermissions = [.ownerReadWriteExecute, .groupReadExecute, .otherReadExecute]
) throws -> [FilePath] {
  var grown: [FilePath] = []
  func make() -> Errno? { unsafe path.withPlatformString { unsafe mkdir($0, mode.rawValue) } == 0 ? nil : .current }
  FaultPoint.pass()
  var trouble = make()
  let parent = path.removingLastComponent()
  if trouble == .noSuchFileOrDirectory, !parent.isEmpty, parent != path {
    grown = try makeFolder(parent, mode: mode)
    trouble = make()
  }
  if let trouble {
    if trouble == .fileExists && isDirectory(path) { return grown }
    throw JobError(
      .io, path.string, "the folder cannot be made",
      remedy: trouble.isFull
        ? "Make room on that disk, and run this again."
        : trouble == .fileExists
          ? "A file, or a link that leads nowhere, has its name: move that away, or mend it."
          : "Look at the folder above it: whose it is, and its mode.",
      underlying: trouble)
  }
  return grown + [parent.isEmpty ? "." : parent]
}

/// Gives a file or folder another name, in place of what bears it.
///
/// - Throws: `Errno`.
public func rename(_ from: FilePath, to: FilePath) throws(Errno) {
  FaultPoint.pass()
  let result = unsafe from.withPlatformString { from in
    unsafe to.withPlatformString { unsafe renameat(AT_FDCWD, from, AT_FDCWD, $0) }
  }
  if result != 0 { throw Errno.current }
}

/// Gives a file or folder another name, if nothing has that name yet, in one step.
///
/// - Throws: `Errno.fileExists` when something has it, an empty folder or a link too.
public func renameToFreeName(_ from: FilePath, to: FilePath) throws(Errno) {
  let reason = unsafe from.withPlatformString { from in
    unsafe to.withPlatformString { unsafe renameToFreeName(in: AT_FDCWD, from, to: $0) }
  }
  if let reason { throw reason }
}

/// The same for what lies in an open folder.
///
/// - Returns: why it could not be; `Errno.fileExists` when something has the name.
package func renameToFreeName(
  in folder: CInt, _ from: UnsafePointer<CChar>, to: UnsafePointer<CChar>
) -> Errno? {
  FaultPoint.pass()
  if unsafe renameat2(folder, from, folder, to, UInt32(RENAME_TO_FREE_NAME)) == 0 { return nil }
  let reason = Errno.current
  guard reason == .invalidArgument || reason == .noFunction else { return reason }
  // A file system that cannot: files can be given a second name first, folders not.
  var raw = stat()
  if unsafe fstatat(folder, from, &raw, 0) == 0, raw.st_mode & S_IFMT == S_IFDIR {
    if unsafe fstatat(folder, to, &raw, AT_SYMLINK_NOFOLLOW) == 0 { return .fileExists }
    FaultPoint.pass()
    return unsafe renameat(folder, from, folder, to) == 0 ? nil : .current
  }
  if unsafe linkat(folder, from, folder, to, 0) != 0 { return .current }
  FaultPoint.pass()
  unsafe unlinkat(folder, from, 0)
  return nil
}

/// Moves a file to a name that is free.
///
/// - Throws: ``JobError`` with code `io`; nothing is ever replaced.
public func setAside(_ path: FilePath, as name: String) throws -> FilePath {
  var target = path.removingLastComponent().appending(name)
  var serial = 1
  while true {
    do throws(Errno) {
      try renameToFreeName(path, to: target)
      return target
    } catch {
      guard error == .fileExists else {
        throw JobError(.io, path.string, "cannot be set aside as \(target.string)", underlying: error)
      }
    }
    serial += 1
    target = path.removingLastComponent().appending("\(name)-\(serial)")
  }
}

/// Removes a file; `false` when it could not be, or was not there.
@discardableResult
public func unlink(_ path: FilePath) -> Bool {
  FaultPoint.pass()
  return unsafe path.withPlatformString { unsafe unlinkat(AT_FDCWD, $0, 0) } == 0
}

/// Removes a folder that nothing is in; `false` when it could not be, or was not there.
@discardableResult
package func removeEmptyFolder(_ folder: FilePath) -> Bool {
  FaultPoint.pass()
  return unsafe folder.withPlatformString { unsafe rmdir($0) } == 0
}

/// Removes a folder that holds files only. What cannot be removed stays.
package func removeFolder(_ folder: FilePath) {
  for name in names(in: folder) { unlink(folder.appending(name)) }
  removeEmptyFolder(folder)
}

extension FileDescriptor {
  /// Brings what was written to the disk.
  ///
  /// - Throws: `Errno`.
  public func sync() throws(Errno) {
    FaultPoint.pass()
    while fsync(rawValue) != 0 {
      let reason = Errno.current
      if reason != .interrupted { throw reason }
    }
  }

  /// - Parameter expected: the file's size, if it is known.
  package func readAll(expecting expected: Int = 0) throws -> [UInt8] {
    var content: [UInt8] = []
    let chunk = max(4096, expected + 1)
    while true {
      let piece = try unsafe [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
        count = try unsafe read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      if content.isEmpty { content = piece } else { content += piece }
      if piece.isEmpty || content.count == expected { return content }
    }
  }
}
