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
  private(set) var folders: [Folder] = []
  /// All that is neither a folder nor a link.
  private(set) var files: [RawPath] = []
  private(set) var links: [Link] = []
  /// Sockets, pipes and devices, which can only be renamed.
  private(set) var special: [RawPath] = []
  private(set) var unreadable: [RawPath] = []
  /// The files, and the links as if each were one.
  private(set) var filesAndLinks: [RawPath] = []

  /// Deeper than any job; a tree that goes on is cut here, and said to be unreadable.
  private static let depthLimit = 64

  /// - Throws: `Errno` when the folder cannot be read.
  init(_ root: FilePath) throws(Errno) {
    self.root = RawPath(root)
    let top = root.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
    guard top >= 0 else { throw Errno(rawValue: errno) }
    read(top, RawPath([]), depth: 0, FolderReader())
    filesAndLinks = links.isEmpty ? files : files + links.map(\.path)
  }

  private mutating func read(_ descriptor: CInt, _ path: RawPath, depth: Int, _ reader: borrowing FolderReader) {
    defer { close(descriptor) }
    var raw = stat()
    guard fstat(descriptor, &raw) == 0 else { return unreadable.append(path) }
    folders.append(
      Folder(
        path: path, mode: raw.st_mode & 0o7777, modified: raw.modified, owner: raw.st_uid, group: raw.st_gid,
        device: UInt64(raw.st_dev)))
    var inner: [RawPath] = []
    do throws(Errno) {
      try reader.forEach(in: descriptor) { name, kind in
        switch kind {
        case .folder: inner.append(RawPath(Array(name)))
        case .link: addLink(path.appending(name), descriptor, name)
        case .file: files.append(path.appending(name))
        case .special:
          files.append(path.appending(name))
          special.append(path.appending(name))
        }
      }
    } catch {
      unreadable.append(path)
    }
    for name in inner.sorted() {
      let place = path.appending(name)
      let opened = name.withPointer { openat(descriptor, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
      if opened < 0 || depth >= Self.depthLimit {
        if opened >= 0 { close(opened) }
        unreadable.append(place)
      } else {
        read(opened, place, depth: depth + 1, reader)
      }
    }
  }

  private mutating func addLink(_ place: RawPath, _ folder: CInt, _ name: UnsafeBufferPointer<UInt8>) {
    let name = RawPath(Array(name))
    var raw = stat()
    guard name.withPointer({ fstatat(folder, $0, &raw, AT_SYMLINK_NOFOLLOW) }) == 0,
      let target = Self.target(folder, name)
    else { return unreadable.append(place) }
    links.append(Link(path: place, target: target, modified: raw.modified))
  }

  private static func target(_ folder: CInt, _ name: RawPath) -> RawPath? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = name.withPointer { readlinkat(folder, $0, &buffer, buffer.count) }
    guard count > 0 else { return nil }
    return RawPath(buffer[..<count].map { UInt8(bitPattern: $0) })
  }

  /// Folders within that hold a manifest of their own.
  var nestedRuns: [RawPath] {
    let name = Array("/manifest.json".utf8)
    return files.filter { $0.bytes.count > name.count && $0.bytes.suffix(name.count).elementsEqual(name) }.map(\.folder)
  }

  /// The latest time that can be, of a file in it, in nanoseconds since 1970; of a folder where no file has such a one.
  func newest(_ canBe: (Int64) -> Bool) -> Int64? {
    let times = files.compactMap { (file) -> Int64? in
      var raw = stat()
      return root.appending(file).withPointer { lstat($0, &raw) } == 0 ? raw.modified : nil
    }
    return times.filter(canBe).max() ?? folders.map(\.modified).filter(canBe).max()
  }
}

extension stat {
  /// Nanoseconds since 1970.
  var modified: Int64 { nanoseconds(st_mtim.tv_sec, st_mtim.tv_nsec) }
}

extension FilePath {
  /// The place of a relative path below this one.
  func appending(_ relative: RawPath) -> FilePath { relative.isEmpty ? self : pushing(relative.path) }
}
