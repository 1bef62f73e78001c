internal import Glibc
internal import Jobs
internal import SystemPackage

/// What lies in a folder and below it, by name; no link is followed.
struct TreeScan: Sendable {
  struct Folder: Sendable {
    /// From the top; empty for the top itself.
    var path: RawPath
    var mode: UInt32
    /// Nanoseconds since 1970.
    var modified: Int64
    var owner: UInt32
    var group: UInt32
    /// Of what it lies on.
    var device: UInt64

    /// Whether not even its owner may change what is in it.
    var isClosed: Bool { mode & 0o700 != 0o700 }
  }

  struct Link: Sendable {
    var path: RawPath
    var target: RawPath
    var modified: Int64
  }

  let root: RawPath
  private let top: OpenFolder
  private(set) var folders: [Folder] = []
  /// All that is neither a folder nor a link.
  private(set) var files: [RawPath] = []
  private(set) var links: [Link] = []
  /// Sockets, pipes and devices, which can only be renamed.
  private(set) var special: [RawPath] = []
  private(set) var unreadable: [RawPath] = []
  /// The files, and the links as if each were one.
  private(set) var filesAndLinks: [RawPath] = []

  /// As many folders as a path can name; one that goes on is cut here, and said to be unreadable.
  private static let depthLimit = 2_048

  /// - Throws: `Errno` when the folder cannot be read.
  init(_ root: FilePath) throws(Errno) {
    self.root = RawPath(root)
    top = try OpenFolder(root)
    read(top.descriptor, RawPath([]), depth: 0, FolderReader())
    filesAndLinks = links.isEmpty ? files : files + links.map(\.path)
  }

  private mutating func read(_ descriptor: CInt, _ path: RawPath, depth: Int, _ reader: borrowing FolderReader) {
    var raw = stat()
    guard unsafe fstat(descriptor, &raw) == 0 else { return unreadable.append(path) }
    folders.append(
      Folder(
        path: path, mode: raw.st_mode & 0o7777, modified: raw.modified, owner: raw.st_uid, group: raw.st_gid,
        device: UInt64(raw.st_dev)))
    var inner: [RawPath] = []
    do throws(Errno) {
      try unsafe reader.forEach(in: descriptor) { name, kind in
        switch kind {
        case .folder: unsafe inner.append(RawPath(Array(name)))
        case .link: unsafe addLink(path.appending(name), descriptor, name)
        case .file: unsafe files.append(path.appending(name))
        case .special:
          unsafe files.append(path.appending(name))
          unsafe special.append(path.appending(name))
        }
      }
    } catch {
      unreadable.append(path)
    }
    for name in inner.sorted() {
      let place = path.appending(name)
      let opened = unsafe name.withPointer {
        unsafe openat(descriptor, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      }
      if opened < 0 || depth >= Self.depthLimit {
        unreadable.append(place)
      } else {
        read(opened, place, depth: depth + 1, reader)
      }
      if opened >= 0 { close(opened) }
    }
  }

  private mutating func addLink(_ place: RawPath, _ folder: CInt, _ name: UnsafeBufferPointer<UInt8>) {
    let name = unsafe RawPath(Array(name))
    var raw = stat()
    guard unsafe name.withPointer({ unsafe fstatat(folder, $0, &raw, AT_SYMLINK_NOFOLLOW) }) == 0,
      let target = Self.target(folder, name)
    else { return unreadable.append(place) }
    links.append(Link(path: place, target: target, modified: raw.modified))
  }

  private static func target(_ folder: CInt, _ name: RawPath) -> RawPath? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe name.withPointer { unsafe readlinkat(folder, $0, &buffer, buffer.count) }
    guard count > 0 else { return nil }
    return RawPath(buffer[..<count].map { UInt8(bitPattern: $0) })
  }

  /// What is at a path in it; links are followed.
  func status(of file: RawPath) -> stat? {
    var raw = stat()
    return unsafe file.withPointer { unsafe fstatat(top.descriptor, $0, &raw, 0) } == 0 ? raw : nil
  }

  /// Opens a file in it to be read.
  ///
  /// - Throws: `Errno`.
  func open(_ file: RawPath) throws(Errno) -> FileDescriptor {
    let handle = unsafe file.withPointer { unsafe openat(top.descriptor, $0, O_RDONLY | O_CLOEXEC) }
    guard handle >= 0 else { throw Errno(rawValue: errno) }
    return FileDescriptor(rawValue: handle)
  }

  /// Whether a file was found in it that can be opened without another look: no link, pipe or device.
  func isPlainFile(_ file: RawPath) -> Bool { files.contains(file) && !special.contains(file) }

  /// The whole content of a file in it. What is smaller than the room for most comes without its size being asked.
  ///
  /// - Throws: `Errno`, `fileTooLarge` for one of more bytes than `limit`.
  func read(_ file: RawPath, atMost limit: Int = .max) throws -> [UInt8] {
    let handle = try open(file)
    return try handle.closeAfter {
      let start = try unsafe [UInt8](unsafeUninitializedCapacity: Self.common) { buffer, count in
        count = try unsafe handle.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      if start.count < Self.common { return start }
      let size = try FileStatus(of: handle).size
      if size > limit { throw Errno.fileTooLarge }
      return try start + handle.readAll(expecting: size - start.count)
    }
  }

  /// Bytes, more than most documents have.
  private static let common = 16 << 10

  /// Those of the files that lie directly in it.
  var topFiles: [RawPath] { files.filter { !$0.bytes.contains(RawPath.slash) } }

  /// Folders within that hold a manifest of their own.
  var nestedRuns: [RawPath] {
    let name = Array("/manifest.json".utf8)
    return files.filter { $0.bytes.count > name.count && $0.bytes.suffix(name.count).elementsEqual(name) }.map(\.folder)
  }

  /// The latest time that can be, of a file in it, in nanoseconds since 1970; of a folder where no file has such a one.
  func newest(_ canBe: (Int64) -> Bool) -> Int64? {
    let times = files.compactMap { (file) -> Int64? in
      var raw = stat()
      return unsafe file.withPointer { unsafe fstatat(top.descriptor, $0, &raw, AT_SYMLINK_NOFOLLOW) } == 0
        ? raw.modified : nil
    }
    return times.filter(canBe).max() ?? folders.map(\.modified).filter(canBe).max()
  }
}

/// A folder that stays open while anybody has it, so that what lies in it is found without the whole way to it.
private final class OpenFolder: Sendable {
  let descriptor: CInt

  /// - Throws: `Errno`, for a link too.
  init(_ path: FilePath) throws(Errno) {
    descriptor = unsafe path.withPlatformString { unsafe open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}

extension stat {
  /// Nanoseconds since 1970.
  var modified: Int64 { nanoseconds(st_mtim.tv_sec, st_mtim.tv_nsec) }
}

extension FilePath {
  /// The place of a relative path below this one.
  func appending(_ relative: RawPath) -> FilePath { relative.isEmpty ? self : pushing(relative.path) }
}
