public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A folder and all that is in it, by descriptors all the way down: names may be any bytes, and no symbolic link is
/// ever followed.
public struct FolderTree {
  public let root: FilePath

  public init(root: FilePath) { self.root = root }

  /// What could not be removed, and why.
  public typealias Failure = (path: FilePath, reason: Errno)

  /// How much there is; what cannot be read counts for nothing.
  func size() -> TreeSize {
    var size = TreeSize()
    guard let folder = try? OpenFolder(root) else { return size }
    Self.measure(folder, &size)
    return size
  }

  /// Removes everything below the folder that can be, but for `kept` directly in it, and then, if nothing is kept, the
  /// folder. A link in the folder's place is removed as one. Nothing there is no failure.
  public func remove(but kept: FilePath.Component? = nil) -> [Failure] {
    let folder: OpenFolder
    do {
      folder = try OpenFolder(root)
    } catch Errno.noSuchFileOrDirectory {
      return []
    } catch Errno.notDirectory, Errno.tooManySymbolicLinkLevels {
      if unlink(root) { return [] }
      return Errno.current == .noSuchFileOrDirectory ? [] : [(root, .current)]
    } catch {
      return [(root, error)]
    }
    var failures: [Failure] = []
    Self.empty(folder, but: kept, &failures)
    guard failures.isEmpty, kept == nil else { return failures }
    if let reason = Self.removeFolder(root, in: AT_FDCWD) { return [(root, reason)] }
    return []
  }

  private static func measure(_ folder: borrowing OpenFolder, _ size: inout TreeSize) {
    for name in (try? folder.names()) ?? [] {
      guard let entry = folder.entry(name) else { continue }
      if entry.isFolder {
        if let inner = try? OpenFolder(name, in: folder) { measure(inner, &size) }
      } else {
        size.files += 1
        size.bytes += entry.bytes
      }
    }
  }

  private static func empty(
    _ folder: borrowing OpenFolder, but kept: FilePath.Component?, _ failures: inout [Failure]
  ) {
    folder.allowChanges()
    let names: [FilePath.Component]
    do {
      names = try folder.names()
    } catch {
      return failures.append((folder.path, error))
    }
    for name in names where name != kept {
      do throws(Errno) {
        if folder.entry(name)?.isFolder == true {
          let before = failures.count
          empty(try OpenFolder(name, in: folder), but: nil, &failures)
          if failures.count > before { continue }
          if let reason = removeFolder(FilePath(root: nil, [name]), in: folder.descriptor) { throw reason }
        } else {
          try folder.unlink(name)
        }
      } catch Errno.noSuchFileOrDirectory {
        continue
      } catch {
        failures.append((folder.path.appending(name), error))
      }
    }
  }

  private static func removeFolder(_ path: FilePath, in folder: CInt) -> Errno? {
    FaultPoint.pass()
    let result = unsafe path.withPlatformString { unsafe unlinkat(folder, $0, AT_REMOVEDIR) }
    if result == 0 { return nil }
    let reason = Errno.current
    return reason == .noSuchFileOrDirectory ? nil : reason
  }
}

/// The names in a folder, whatever bytes they are of, without `.` and `..`.
///
/// - Throws: ``JobError`` with code `io` when it is none, or cannot be read; a link is none.
public func componentNames(in folder: FilePath) throws -> [FilePath.Component] {
  do {
    return try OpenFolder(folder).names()
  } catch {
    throw JobError(.io, folder.string, "the folder cannot be read", underlying: error)
  }
}

/// Removes a folder and all that is in it; nothing there is no failure.
///
/// - Throws: ``JobError`` with code `io` that names the first thing that cannot be removed.
public func removeTree(_ root: FilePath) throws {
  guard let first = FolderTree(root: root).remove().first else { return }
  throw JobError(.io, first.path.string, "cannot be removed", underlying: first.reason)
}

/// How much a folder holds.
public struct TreeSize: Sendable, Equatable {
  /// Links and the like count as files.
  public var files = 0
  public var bytes = 0

  public static func + (left: TreeSize, right: TreeSize) -> TreeSize {
    TreeSize(files: left.files + right.files, bytes: left.bytes + right.bytes)
  }
}

/// A folder, open: what it is called may change, what it is may not.
private struct OpenFolder: ~Copyable {
  let descriptor: CInt
  let path: FilePath

  /// - Throws: `Errno`; a link is none.
  init(_ path: FilePath) throws(Errno) { try self.init(path, at: AT_FDCWD, path: path) }

  init(_ name: FilePath.Component, in folder: borrowing OpenFolder) throws(Errno) {
    try self.init(FilePath(root: nil, [name]), at: folder.descriptor, path: folder.path.appending(name))
  }

  private init(_ name: FilePath, at folder: CInt, path: FilePath) throws(Errno) {
    func open() -> CInt {
      unsafe name.withPlatformString { unsafe openat(folder, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    }
    var opened = open()
    if opened < 0, Errno.current == .permissionDenied {
      // Its owner may close a folder to himself, and open it again.
      _ = unsafe name.withPlatformString { unsafe fchmodat(folder, $0, 0o700, 0) }
      opened = open()
    }
    guard opened >= 0 else { throw Errno.current }
    (descriptor, self.path) = (opened, path)
  }

  deinit { close(descriptor) }

  /// Lets its owner change what is in it.
  func allowChanges() {
    var raw = stat()
    guard unsafe fstat(descriptor, &raw) == 0, raw.st_mode & 0o700 != 0o700 else { return }
    _ = fchmod(descriptor, raw.st_mode & 0o7777 | 0o700)
  }

  func names() throws(Errno) -> [FilePath.Component] {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0, let handle = unsafe fdopendir(copy) else {
      let reason = Errno.current
      close(copy)
      throw reason
    }
    defer { unsafe closedir(handle) }
    unsafe rewinddir(handle)
    var names: [FilePath.Component] = []
    errno = 0
    while let entry = unsafe readdir(handle) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe FilePath.Component(platformString: $0) }
      }
      if let name, name.kind == .regular { names.append(name) }
      errno = 0
    }
    // As in `unsortedNames`: nobody may take a part for the whole.
    if errno != 0 { throw Errno.current }
    return names
  }

  func entry(_ name: FilePath.Component) -> (isFolder: Bool, bytes: Int)? {
    var raw = stat()
    let result = unsafe name.withPlatformString { unsafe fstatat(descriptor, $0, &raw, AT_SYMLINK_NOFOLLOW) }
    guard result == 0 else { return nil }
    return (raw.st_mode & S_IFMT == S_IFDIR, raw.st_mode & S_IFMT == S_IFREG ? Int(raw.st_size) : 0)
  }

  func unlink(_ name: FilePath.Component) throws(Errno) {
    FaultPoint.pass()
    if unsafe name.withPlatformString({ unsafe unlinkat(descriptor, $0, 0) }) != 0 { throw Errno.current }
  }
}
