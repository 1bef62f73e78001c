internal import CLinux
internal import Glibc
internal import Hashing
internal import Jobs
internal import SystemPackage

/// Copies a folder to another file system, with all that it has: holes, hard links, times, modes, owners and extended
/// attributes. Each file is read back and compared by SHA-256 before anybody counts on the copy.
struct TreeCopy {
  /// What was copied already, of files with several names.
  private var names: [TreeState.Inode: FilePath] = [:]
  private var losses = CopyLosses()

  /// Moves a file or folder, by renaming it where that can be, else by a copy that is durable and verified before the
  /// old one goes. A copy that was finished before its original could go is recognised, and only the original is left to go.
  ///
  /// - Parameter tell: is told what the copy cannot be given, before the original goes.
  /// - Throws: ``JobError``; what is at `from` then stands.
  static func move(_ from: FilePath, to: FilePath, tell: (String) -> Void) throws {
    do throws(Errno) {
      return try renameToFreeName(from, to: to)
    } catch {
      if error == .improperLink || error == .fileExists, Steps.isThere(to) {
        if try settle(from, to, tell: tell) { return }
        throw Steps.failed(from, "cannot be moved to \(to.string)", Errno.fileExists)
      }
      // Another file system, or a layer of one that cannot rename.
      guard error == .improperLink else { throw Steps.failed(from, "cannot be moved to \(to.string)", error) }
    }
    let state = try removable(from)
    let beside = besideName(of: to)
    remove(beside)
    var copy = TreeCopy()
    do {
      try copy.copy(from, to: beside)
      try FileSystems.sync(of: to.removingLastComponent())
      try copy.verify(from, beside, state)
      try renameToFreeName(beside, to: to)
      try DurableFile.syncFolder(of: to)
    } catch {
      remove(beside)
      throw error is JobError ? error : Steps.failed(from, "cannot be copied to \(to.string)", error)
    }
    do {
      try copy.removeOriginal(from, state, tell: tell)
    } catch {
      // The original counts as long as it is there.
      if (try? renameToFreeName(to, to: beside)) != nil { remove(beside) }
      throw error
    }
  }

  /// Removes the original of a copy that was finished.
  ///
  /// - Returns: `false` where what is there is no copy of it.
  /// - Throws: ``JobError``.
  static func settle(_ from: FilePath, _ copied: FilePath, tell: (String) -> Void) throws -> Bool {
    let state = try removable(from)
    var copy = TreeCopy()
    do {
      guard try copy.isOfSameContent(from, copied) else { return false }
      try copy.setAttributes(from, copied)
      try FileSystems.sync(of: copied.removingLastComponent())
    } catch {
      throw error is JobError ? error : Steps.failed(from, "cannot be copied to \(copied.string)", error)
    }
    try copy.removeOriginal(from, state, tell: tell)
    return true
  }

  /// How something is before it is copied, if it can go afterwards.
  private static func removable(_ path: FilePath) throws -> TreeState {
    let state: TreeState
    do {
      state = try TreeState(of: path)
    } catch {
      throw Steps.failed(path, "cannot be read", error)
    }
    if let closed = state.closed {
      throw JobError(
        .io, path.string, "could be copied, and not taken away: \(closed) is another user's",
        remedy: "It stays as it is. Run the migration again as root, or have that folder opened to you.")
    }
    return state
  }

  /// Whether two places hold the same, whatever their owners, modes and times.
  static func isCopy(_ from: FilePath, _ copied: FilePath) -> Bool {
    (try? TreeCopy().isOfSameContent(from, copied)) ?? false
  }

  /// Removes the one of two that hold the same.
  ///
  /// - Throws: ``JobError``.
  static func removeTwin(_ path: FilePath, tell: (String) -> Void) throws {
    var none = TreeCopy()
    try none.removeOriginal(path, try removable(path), tell: tell)
  }

  /// Removes what has been copied. First out of sight by one step, so that it is there whole or not at all.
  ///
  /// - Parameter state: how it was before; it stays when anybody has written to it since.
  private mutating func removeOriginal(_ path: FilePath, _ state: TreeState, tell: (String) -> Void) throws {
    for file in state.shared { losses.note(.links, of: file, nil) }
    for message in losses.messages(of: path) { tell(message) }
    let aside = Self.setAsideName(of: path)
    Self.remove(aside)
    let mode = Steps.status(path)?.st_mode ?? 0
    if mode & S_IFMT == S_IFDIR { Steps.setMode(path, mode & 0o7777 | 0o700) }
    do {
      try renameToFreeName(path, to: aside)
    } catch {
      throw Steps.failed(path, "is copied, and cannot be removed", error)
    }
    guard let now = try? TreeState(of: aside), now.isSame(as: state) else {
      try? renameToFreeName(aside, to: path)
      if mode & S_IFMT == S_IFDIR { Steps.setMode(path, mode & 0o7777) }
      throw Self.wasWrittenTo(path)
    }
    if let left = FolderTree(root: aside).remove().first {
      tell("\(path): is moved, and what is left of the original cannot be removed: \(left.path) (\(left.reason))")
    }
  }

  private static func setAsideName(of path: FilePath) -> FilePath {
    Steps.beside(path, ".migrated-")
  }

  private static func besideName(of path: FilePath) -> FilePath {
    Steps.beside(path, ".migrating-")
  }

  /// Removes what a copying that was cut off left beside a place: half a copy, or an original whose copy is whole.
  static func clean(around path: FilePath) {
    remove(setAsideName(of: path))
    remove(besideName(of: path))
  }

  private static func remove(_ path: FilePath) {
    if Steps.isThere(path) { _ = FolderTree(root: path).remove() }
  }

  private mutating func copy(_ from: FilePath, to: FilePath) throws {
    guard let status = Steps.status(from) else { throw Errno.noSuchFileOrDirectory }
    let inode = TreeState.Inode(status)
    if status.st_mode & S_IFMT != S_IFDIR, status.st_nlink > 1 {
      if let first = names[inode] {
        FaultPoint.pass()
        let linked = unsafe first.withPlatformString { first in
          unsafe to.withPlatformString { unsafe Glibc.link(first, $0) }
        }
        if linked == 0 {
          for kind in FileAttributes.differences(from, to) { losses.note(kind, of: from, nil) }
          return
        }
        let reason = Errno(rawValue: errno)
        if reason.isFull { throw reason }
        losses.note(.links, of: from, reason)
      }
      names[inode] = to
    }
    FaultPoint.pass()
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      guard unsafe to.withPlatformString({ unsafe mkdir($0, 0o700) }) == 0 else { throw Errno(rawValue: errno) }
      let inner = try FlatFolder(from)
      for name in inner.all {
        try copy(from.appending(name), to: to.appending(name))
      }
    case S_IFLNK:
      guard let target = Steps.read(link: from) else { throw Errno(rawValue: errno) }
      let made = unsafe target.withPointer { target in unsafe to.withPlatformString { unsafe symlink(target, $0) } }
      guard made == 0 else { throw Errno(rawValue: errno) }
    case S_IFREG: try copyContent(from, to: to, size: Int64(status.st_size))
    default:
      guard unsafe to.withPlatformString({ unsafe mknod($0, status.st_mode, status.st_rdev) }) == 0 else {
        throw Errno(rawValue: errno)
      }
    }
    try FileAttributes.copy(from, to: to, status, &losses)
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
        let count = try unsafe buffer.withUnsafeMutableBytes {
          try unsafe source.read(
            fromAbsoluteOffset: position, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<wanted]))
        }
        // Somebody has made it shorter: that shows when the copy is compared.
        if count == 0 { return }
        FaultPoint.pass()
        try target.writeAll(toAbsoluteOffset: position, buffer[..<count])
        position += Int64(count)
      }
    }
  }

  /// Gives a whole copy what it may lack.
  ///
  /// - Throws: `Errno` where the disk has no room for it.
  private mutating func setAttributes(_ from: FilePath, _ copied: FilePath) throws(Errno) {
    guard let status = Steps.status(from) else { return }
    if status.st_mode & S_IFMT == S_IFDIR, let inner = try? FlatFolder(from) {
      for name in inner.all {
        try setAttributes(from.appending(name), copied.appending(name))
      }
    }
    try FileAttributes.copy(from, to: copied, status, &losses)
  }

  /// Compares a copy with what it was made of, as the disk gives both.
  private func verify(_ from: FilePath, _ copy: FilePath, _ state: TreeState) throws {
    if try isSame(from, copy, withAttributes: true) { return }
    guard let now = try? TreeState(of: from), now.isSame(as: state) else { throw Self.wasWrittenTo(from) }
    throw JobError(
      .io, copy.string, "is not what was copied: the disk may be failing",
      remedy: "The original stays. Run the migration again.")
  }

  private static func wasWrittenTo(_ path: FilePath) -> JobError {
    JobError(
      .io, path.string, "was written to while it was copied",
      remedy: "It stays as it is. Run the migration again when nobody works in it.")
  }

  private func isOfSameContent(_ from: FilePath, _ copy: FilePath) throws -> Bool {
    try isSame(from, copy, withAttributes: false)
  }

  private func isSame(_ from: FilePath, _ copy: FilePath, withAttributes: Bool) throws -> Bool {
    guard let left = Steps.status(from), let right = Steps.status(copy), left.st_mode & S_IFMT == right.st_mode & S_IFMT
    else { return false }
    if withAttributes, FileAttributes.differences(from, copy).contains(where: { !losses.contains($0, of: from) }) {
      return false
    }
    switch left.st_mode & S_IFMT {
    case S_IFDIR:
      let (inner, copied) = (try FlatFolder(from), try FlatFolder(copy))
      guard inner.files == copied.files, inner.folders == copied.folders, inner.links == copied.links else {
        return false
      }
      return try inner.all.allSatisfy {
        try isSame(from.appending($0), copy.appending($0), withAttributes: withAttributes)
      }
    case S_IFREG:
      return try left.st_size == right.st_size && SHA256.hex(ofFileAt: from) == SHA256.hex(ofFileAt: copy)
    case S_IFLNK: return Steps.read(link: from) == Steps.read(link: copy)
    default: return left.st_rdev == right.st_rdev
    }
  }
}
