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
  }

  struct Link: Sendable {
    var path: RawPath
    var target: RawPath
    var modified: Int64
  }

  let root: FilePath
  private(set) var folders: [Folder] = []
  /// All that is neither a folder nor a link, each with its size.
  private(set) var files: [RawPath] = []
  private(set) var links: [Link] = []
  /// Sockets, pipes and devices, which can only be renamed.
  private(set) var special: [RawPath] = []
  private(set) var unreadable: [RawPath] = []

  /// Deeper than any job; a tree that goes on is cut here, and said to be unreadable.
  private static let depthLimit = 64

  /// - Throws: `Errno` when the folder cannot be read.
  init(_ root: FilePath) throws(Errno) {
    self.root = root
    let top = root.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    guard top >= 0 else { throw Errno(rawValue: errno) }
    read(top, RawPath([]), depth: 0)
  }

  private mutating func read(_ descriptor: CInt, _ path: RawPath, depth: Int) {
    var raw = stat()
    guard fstat(descriptor, &raw) == 0, let handle = fdopendir(descriptor) else {
      close(descriptor)
      return unreadable.append(path)
    }
    defer { closedir(handle) }
    folders.append(
      Folder(
        path: path, mode: raw.st_mode & 0o7777, modified: raw.modified, owner: raw.st_uid, group: raw.st_gid,
        device: UInt64(raw.st_dev)))
    var inner: [RawPath] = []
    while let entry = readdir(handle) {
      var type = Int32(entry.pointee.d_type)
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { FilePath.bytes(of: $0) }
      }
      if name == [0x2E] || name == [0x2E, 0x2E] { continue }
      let place = path.appending(RawPath(name))
      if type == Int32(DT_UNKNOWN) || type == Int32(DT_LNK) {
        guard let found = Self.look(descriptor, name) else {
          unreadable.append(place)
          continue
        }
        type = found.type
        if type == Int32(DT_LNK) {
          guard let target = Self.target(descriptor, name) else {
            unreadable.append(place)
            continue
          }
          links.append(Link(path: place, target: target, modified: found.modified))
          continue
        }
      }
      switch type {
      case Int32(DT_DIR): inner.append(RawPath(name))
      case Int32(DT_REG): files.append(place)
      default:
        files.append(place)
        special.append(place)
      }
    }
    for name in inner.sorted() {
      let place = path.appending(name)
      let opened = name.withPointer { openat(descriptor, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
      if opened < 0 || depth >= Self.depthLimit {
        if opened >= 0 { close(opened) }
        unreadable.append(place)
      } else {
        read(opened, place, depth: depth + 1)
      }
    }
  }

  private static func look(_ folder: CInt, _ name: [UInt8]) -> (type: Int32, modified: Int64)? {
    var raw = stat()
    let result = RawPath(name).withPointer { fstatat(folder, $0, &raw, AT_SYMLINK_NOFOLLOW) }
    guard result == 0 else { return nil }
    let type: Int =
      switch raw.st_mode & S_IFMT {
      case S_IFDIR: Int(DT_DIR)
      case S_IFLNK: Int(DT_LNK)
      case S_IFREG: Int(DT_REG)
      default: Int(DT_FIFO)
      }
    return (Int32(type), raw.modified)
  }

  private static func target(_ folder: CInt, _ name: [UInt8]) -> RawPath? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = RawPath(name).withPointer { readlinkat(folder, $0, &buffer, buffer.count) }
    guard count > 0 else { return nil }
    return RawPath(buffer[..<count].map { UInt8(bitPattern: $0) })
  }

  /// The latest time that a file in it bears, in nanoseconds since 1970; that of the folder when it holds no file.
  func newest() -> Int64? {
    let times = files.compactMap { (file) -> Int64? in
      var raw = stat()
      return root.appending(file).withPlatformString { lstat($0, &raw) } == 0 ? raw.modified : nil
    }
    return times.max() ?? folders.map(\.modified).max()
  }
}

extension stat {
  /// Nanoseconds since 1970.
  var modified: Int64 { Int64(st_mtim.tv_sec) * 1_000_000_000 + Int64(st_mtim.tv_nsec) }
}

extension FilePath {
  /// The place of a relative path below this one.
  func appending(_ relative: RawPath) -> FilePath { relative.isEmpty ? self : pushing(relative.path) }
}
