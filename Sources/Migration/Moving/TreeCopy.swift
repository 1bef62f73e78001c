internal import CLinux
internal import Glibc
internal import Hashing
internal import Jobs
internal import SystemPackage

/// Copies a folder to another file system, with all that it has: holes, hard links, times, modes, owners and extended
/// attributes. Each file is read back and compared by SHA-256 before anybody counts on the copy.
struct TreeCopy {
  /// What was copied already, of files with several names.
  private var names: [Inode: FilePath] = [:]

  private struct Inode: Hashable {
    let device: UInt
    let number: UInt
  }

  /// Moves a file or folder, by renaming it where that can be, else by a copy that is durable and verified before the
  /// old one goes.
  ///
  /// - Throws: ``JobError``; what is at `from` then stands.
  static func move(_ from: FilePath, to: FilePath) throws {
    do {
      try renameToFreeName(from, to: to)
      return
    } catch Errno.improperLink {
      // Another file system, or a layer of one that cannot rename.
    } catch {
      throw Steps.failed(from, "cannot be moved to \(to.string)", error)
    }
    let beside = to.removingLastComponent().appending(".migrating-\(to.lastComponent?.string ?? "")")
    remove(beside)
    do {
      var copy = TreeCopy()
      try copy.copy(from, to: beside)
      try FileSystems.sync(of: to.removingLastComponent())
      try verify(from, beside)
      try renameToFreeName(beside, to: to)
      try DurableFile.syncFolder(of: to)
    } catch {
      remove(beside)
      throw error is JobError ? error : Steps.failed(from, "cannot be copied to \(to.string)", error)
    }
    try removeOriginal(from)
  }

  /// Removes what has been copied. First out of sight by one step, so that it is there whole or not at all.
  private static func removeOriginal(_ path: FilePath) throws {
    let aside = setAsideName(of: path)
    remove(aside)
    let mode = Steps.status(path)?.st_mode ?? 0
    if mode & S_IFMT == S_IFDIR { Steps.setMode(path, mode & 0o7777 | 0o700) }
    do {
      try renameToFreeName(path, to: aside)
    } catch {
      throw Steps.failed(path, "is copied, and cannot be removed", error)
    }
    remove(aside)
  }

  static func setAsideName(of path: FilePath) -> FilePath {
    path.removingLastComponent().appending(".migrated-\(path.lastComponent?.string ?? "")")
  }

  static func remove(_ path: FilePath) {
    if Steps.isThere(path) { _ = FolderTree(root: path).remove() }
  }

  private mutating func copy(_ from: FilePath, to: FilePath) throws {
    guard let status = Steps.status(from) else { throw Errno.noSuchFileOrDirectory }
    let inode = Inode(device: UInt(status.st_dev), number: UInt(status.st_ino))
    if status.st_mode & S_IFMT != S_IFDIR, status.st_nlink > 1 {
      if let first = names[inode] {
        FaultPoint.pass()
        let linked = first.withPlatformString { first in to.withPlatformString { Glibc.link(first, $0) } }
        if linked == 0 { return }
      }
      names[inode] = to
    }
    FaultPoint.pass()
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      guard to.withPlatformString({ mkdir($0, 0o700) }) == 0 else { throw Errno(rawValue: errno) }
      let inner = try FlatFolder(from)
      for name in inner.files + inner.folders + inner.links {
        try copy(from.appending(name), to: to.appending(name))
      }
    case S_IFLNK:
      guard let target = Steps.read(link: from) else { throw Errno(rawValue: errno) }
      let made = target.withPointer { target in to.withPlatformString { symlink(target, $0) } }
      guard made == 0 else { throw Errno(rawValue: errno) }
    case S_IFREG: try copyContent(from, to: to, size: Int64(status.st_size))
    default:
      guard to.withPlatformString({ mknod($0, status.st_mode, status.st_rdev) }) == 0 else {
        throw Errno(rawValue: errno)
      }
    }
    copyAttributes(from, to: to, status)
  }

  private func copyContent(_ from: FilePath, to: FilePath, size: Int64) throws {
    let source = try FileDescriptor.open(from, .readOnly, options: [.noFollow, .closeOnExec])
    defer { try? source.close() }
    let target = try FileDescriptor.open(
      to, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite])
    defer { try? target.close() }
    if linux_clone_file(target.rawValue, source.rawValue) == 0 { return }
    guard ftruncate(target.rawValue, Int(size)) == 0 else { throw Errno(rawValue: errno) }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var position: Int64 = 0
    while position < size {
      // Where the file system does not know of holes, all is data.
      let data = Int64(linux_next_data(source.rawValue, Int(position)))
      if data < 0, errno == ENXIO { break }
      let start = max(position, data < 0 ? position : data)
      let hole = Int64(linux_next_hole(source.rawValue, Int(start)))
      let end = hole > start ? min(hole, size) : size
      position = start
      while position < end {
        let wanted = Int(min(Int64(buffer.count), end - position))
        let count = try buffer.withUnsafeMutableBytes {
          try source.read(fromAbsoluteOffset: position, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<wanted]))
        }
        if count == 0 { throw Errno.ioError }
        FaultPoint.pass()
        try target.writeAll(toAbsoluteOffset: position, buffer[..<count])
        position += Int64(count)
      }
    }
  }

  private func copyAttributes(_ from: FilePath, to: FilePath, _ status: stat) {
    _ = to.withPlatformString { lchown($0, status.st_uid, status.st_gid) }
    copyExtendedAttributes(from, to: to)
    if status.st_mode & S_IFMT != S_IFLNK { _ = to.withPlatformString { chmod($0, status.st_mode & 0o7777) } }
    let times = [status.st_atim, status.st_mtim]
    _ = to.withPlatformString { utimensat(AT_FDCWD, $0, times, AT_SYMLINK_NOFOLLOW) }
  }

  private func copyExtendedAttributes(_ from: FilePath, to: FilePath) {
    let size = from.withPlatformString { llistxattr($0, nil, 0) }
    guard size > 0 else { return }
    var list = [CChar](repeating: 0, count: size)
    let count = from.withPlatformString { llistxattr($0, &list, list.count) }
    guard count > 0 else { return }
    for name in list[..<count].split(separator: 0) {
      let name = Array(name) + [0]
      let length = from.withPlatformString { lgetxattr($0, name, nil, 0) }
      guard length >= 0 else { continue }
      var value = [UInt8](repeating: 0, count: max(1, length))
      let read = from.withPlatformString { lgetxattr($0, name, &value, length) }
      guard read >= 0 else { continue }
      _ = to.withPlatformString { lsetxattr($0, name, value, read, 0) }
    }
  }

  /// Compares a copy with what it was made of, as the disk gives both.
  private static func verify(_ from: FilePath, _ copy: FilePath) throws {
    if try !isSame(from, copy) {
      throw JobError(
        .io, copy.string, "is not what was copied: the disk may be failing",
        remedy: "The original stays. Run the migration again.")
    }
  }

  private static func isSame(_ from: FilePath, _ copy: FilePath) throws -> Bool {
    guard let left = Steps.status(from), let right = Steps.status(copy), left.st_mode == right.st_mode else {
      return false
    }
    switch left.st_mode & S_IFMT {
    case S_IFDIR:
      let (inner, copied) = (try FlatFolder(from), try FlatFolder(copy))
      guard inner.files == copied.files, inner.folders == copied.folders, inner.links == copied.links else {
        return false
      }
      for name in inner.files + inner.folders + inner.links { try verify(from.appending(name), copy.appending(name)) }
      return true
    case S_IFREG: return try SHA256.hex(ofFileAt: from) == SHA256.hex(ofFileAt: copy)
    case S_IFLNK: return Steps.read(link: from) == Steps.read(link: copy)
    default: return true
    }
  }
}
