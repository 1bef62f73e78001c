internal import CLinux
internal import Glibc
internal import SystemPackage

/// One thing in a source tree.
struct SourceEntry {
  var state: SourceState
  var type: FileType
  var mode: UInt16
  var links: Int
  /// Whether some of it takes no room on the disk.
  var isSparse: Bool
  /// Which of the roots it is in or is.
  var root: Int

  var path: MemberPath { state.path }
  var size: Int { state.size }
  /// What makes two names one file.
  var identity: [UInt64] { [state.device, state.inode] }
}

/// Everything that is to go into an archive, by descriptors all the way down: no symbolic link is followed below a root.
struct SourceTree {
  private let source: ArchiveSource
  /// In the order of an archive's members.
  private(set) var entries: [SourceEntry] = []
  private(set) var skipped: [SkippedSource] = []
  private(set) var excluded = ExcludedFiles()
  /// Bytes of the files' content, once for all names of a file, as it is in an archive.
  private(set) var contentBytes = 0
  /// Files with more than one name that are among the entries, by their identity.
  private var named: Set<[UInt64]> = []
  /// Bytes that all of its files take on the disk, those that are excluded with them.
  private(set) var room = 0
  /// Files with more than one name, by their identity: they take their room once.
  private var linked: Set<[UInt64]> = []

  /// - Throws: ``ArchiveError``: `changed` when something vanished, `unsupported` for what no archive can hold, `io`.
  init(of source: ArchiveSource) throws(ArchiveError) {
    self.source = source
    for (number, root) in source.roots.enumerated() {
      if let folder = try add(root.name, number, at: AT_FDCWD, root.location.bytes) {
        try add(folder, at: AT_FDCWD, root.location.bytes)
      }
    }
    // In their order already, but for the roots.
    entries.sort { $0.state.precedes($1.state) }
    for (entry, next) in zip(entries, entries.dropFirst()) where entry.path == next.path {
      throw ArchiveError(.unsupported, entry.path, "is there twice")
    }
    skipped.sort { $0.path < $1.path }
  }

  /// What was left out before, and is not there again.
  func lacking(_ patterns: [Glob]) -> [Glob] {
    patterns.filter { pattern in
      !source.excluding.contains(pattern)
        && !entries.contains { pattern.matches($0.path, below: source.roots[$0.root].name) }
    }
  }

  /// Gives away what of its entries is compared later: there are many, and none are to be held twice.
  mutating func handOver() -> [SourceState] {
    defer { entries = [] }
    return entries.map(\.state)
  }

  /// - Returns: a folder, which is to be added with its content.
  private mutating func add(
    _ path: MemberPath, _ root: Int, at folder: CInt, _ name: [UInt8]
  ) throws(ArchiveError) -> SourceEntry? {
    if source.ignored.contains(path) { return nil }
    if let flaw = MemberPath.flaw(in: path.bytes) { throw ArchiveError(.unsupported, path, flaw) }
    if source.excluding.contains(where: { $0.matches(path, below: source.roots[root].name) }) {
      exclude(path, at: folder, name)
      return nil
    }
    var raw = stat()
    if unsafe withCString(name, { unsafe fstatat(folder, $0, &raw, AT_SYMLINK_NOFOLLOW) }) != 0 {
      throw .gone(path, .current)
    }
    let entry = SourceEntry(raw, path, root)
    switch entry.type {
    case .file where entry.mode & 0o6000 != 0:
      throw ArchiveError(
        .unsupported, path, "runs with another's rights (set-uid or set-gid), and no archive keeps that")
    case .file:
      entries.append(entry)
      if entry.links == 1 || named.insert(entry.identity).inserted { contentBytes += entry.size }
      count(raw)
    case .symbolicLink: entries.append(entry)
    case .folder: return entry
    default: skipped.append(SkippedSource(path: path, reason: entry.type.name))
    }
    return nil
  }

  /// A folder, and what is in it.
  private mutating func add(_ entry: SourceEntry, at folder: CInt, _ name: [UInt8]) throws(ArchiveError) {
    entries.append(entry)
    let (path, root) = (entry.path, entry.root)
    let inner = try OpenSource(folder, name, for: path, O_DIRECTORY)
    var names = try inner.names(path)
    names.sort(by: MemberPath.precedes)
    // Folders that come behind names that go on where theirs end: the innermost last.
    var waiting: [(entry: SourceEntry, name: [UInt8])] = []
    for name in names {
      while let last = waiting.last, !Self.precedes(name, folder: last.name) {
        waiting.removeLast()
        try add(last.entry, at: inner.descriptor, last.name)
      }
      if let folder = try add(path.appending(name), root, at: inner.descriptor, name) { waiting.append((folder, name)) }
    }
    while let last = waiting.popLast() { try add(last.entry, at: inner.descriptor, last.name) }
  }

  /// Whether a name behind a folder's, by its bytes, comes before the folder with the `/` at its end.
  private static func precedes(_ name: [UInt8], folder: [UInt8]) -> Bool {
    name.count > folder.count && name[folder.count] < UInt8(ascii: "/") && name.starts(with: folder)
  }

  private mutating func count(_ raw: stat) {
    if raw.st_nlink == 1 || linked.insert([UInt64(raw.st_dev), UInt64(raw.st_ino)]).inserted {
      room += Int(raw.st_blocks) * 512
    }
  }

  /// Counts what is left out. What of it cannot be looked at does not matter.
  private mutating func exclude(_ path: MemberPath, at folder: CInt, _ name: [UInt8]) {
    var raw = stat()
    guard unsafe withCString(name, { unsafe fstatat(folder, $0, &raw, AT_SYMLINK_NOFOLLOW) }) == 0 else { return }
    switch FileType(mode: raw.st_mode) {
    case .folder:
      guard let inner = try? OpenSource(folder, name, for: path, O_DIRECTORY), let names = try? inner.names(path) else {
        return
      }
      for name in names { exclude(path.appending(name), at: inner.descriptor, name) }
    case .file where raw.st_size > 0:
      count(raw)
      excluded.files += 1
      excluded.bytes += Int(raw.st_size)
    default: break
    }
  }
}

extension SourceEntry {
  init(_ raw: stat, _ path: MemberPath, _ root: Int) {
    let type = FileType(mode: raw.st_mode)
    state = SourceState(
      path: path, isFolder: type == .folder, device: UInt64(raw.st_dev), inode: UInt64(raw.st_ino),
      size: type == .file ? Int(raw.st_size) : 0,
      modified: ModificationTime(seconds: Int64(raw.st_mtim.tv_sec), nanoseconds: Int32(raw.st_mtim.tv_nsec)))
    self.type = type
    mode = UInt16(raw.st_mode & 0o7777)
    links = Int(raw.st_nlink)
    isSparse = type == .file && Int(raw.st_blocks) * 512 < Int(raw.st_size)
    self.root = root
  }
}

/// A file or folder of a source, open to be read.
struct OpenSource: ~Copyable {
  let descriptor: CInt

  /// - Throws: ``ArchiveError``
  init(_ folder: CInt, _ name: [UInt8], for path: MemberPath, _ flags: CInt = 0) throws(ArchiveError) {
    let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | flags
    descriptor = unsafe withCString(name) { unsafe openat(folder, $0, flags) }
    if descriptor < 0 { throw .gone(path, .current) }
  }

  /// - Parameter below: the bytes of a path from the folder `root` on.
  init(_ root: CInt, below: ArraySlice<UInt8>, for path: MemberPath) throws(ArchiveError) {
    let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
    descriptor = unsafe withCString(below) { unsafe linux_open_beneath(root, $0, flags, 0) }
    if descriptor < 0 { throw .gone(path, .current) }
  }

  deinit { close(descriptor) }

  func status(_ path: MemberPath, _ root: Int) throws(ArchiveError) -> SourceEntry {
    var raw = stat()
    if unsafe fstat(descriptor, &raw) != 0 { throw .gone(path, .current) }
    return SourceEntry(raw, path, root)
  }

  /// The names in the folder, as they come.
  func names(_ path: MemberPath) throws(ArchiveError) -> [[UInt8]] {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0, let handle = unsafe fdopendir(copy) else {
      let reason = Errno.current
      close(copy)
      throw .gone(path, reason)
    }
    defer { unsafe closedir(handle) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(handle) else { break }
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
      let isDotted = name.count <= 2 && name.allSatisfy { $0 == UInt8(ascii: ".") }
      if !isDotted { names.append(name) }
    }
    let reason = Errno.current
    if reason.rawValue != 0 { throw .gone(path, reason) }
    return names
  }
}

extension ArchiveError {
  /// A source that could not be read.
  static func gone(_ path: MemberPath, _ reason: Errno) -> ArchiveError {
    switch reason {
    case .noSuchFileOrDirectory: ArchiveError(.changed, path, "was gone when it was to be read")
    // What was no link when it was looked at is one now, or lies behind one.
    case .tooManySymbolicLinkLevels, .notDirectory: ArchiveError(.changed, path, "was replaced while it was read")
    default: ArchiveError(.io, path, "cannot be read", underlying: reason)
    }
  }
}
