internal import CLinux
internal import Glibc
internal import SystemPackage

/// A folder that members are written below. Whatever their names and links say, nothing is written outside of it, and nothing that is there
/// is written over.
final class StagingFolder {
  private final class OpenFolder {
    let descriptor: CInt
    init(_ descriptor: CInt) { self.descriptor = descriptor }
    deinit { close(descriptor) }
  }

  private let root: CInt
  /// Folders that were made here; so that each is made once.
  private var made: Set<MemberPath> = []
  /// The folder that was last written in.
  private var last: (path: MemberPath, folder: OpenFolder)?

  /// - Parameter root: stays the caller's.
  init(_ root: CInt) { self.root = root }

  /// Makes a folder that its owner can write to; ``finish(_:)`` gives it its mode and time.
  ///
  /// - Returns: `false` when it was there before, and is to stay as it is.
  func makeFolder(_ path: MemberPath) throws(ArchiveError) -> Bool {
    if made.contains(path) { return true }
    if try make(path, mode: 0o700) { return true }
    let there = OpenFolder(open(path, O_RDONLY | O_DIRECTORY))
    if there.descriptor < 0 { throw .unwritten(path, .fileExists) }
    return false
  }

  /// - Returns: an empty file that none but its owner can read.
  func makeFile(_ path: MemberPath, size: Int) throws(ArchiveError) -> StagingFile {
    let folder = try folder(above: path)
    let descriptor = unsafe withCString(Array(path.name)) {
      unsafe linux_open_beneath(folder, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    }
    if descriptor < 0 { throw .unwritten(path, .current) }
    return StagingFile(descriptor, path, size: size)
  }

  func makeSymbolicLink(_ member: Member) throws(ArchiveError) {
    let folder = try folder(above: member.path)
    let name = Array(member.path.name)
    let result = unsafe withCString(name) { name in
      unsafe withCString(member.target) { unsafe symlinkat($0, folder, name) }
    }
    if result != 0 { throw .unwritten(member.path, .current) }
    try setTimes(member, folder, name)
  }

  /// - Parameter target: a file that was written here.
  func makeHardLink(_ path: MemberPath, to target: MemberPath) throws(ArchiveError) {
    // The target's folder is kept open while the link's takes its place.
    let (source, held) = (try folder(above: target), last)
    let folder = try folder(above: path)
    let result = unsafe withCString(Array(target.name)) { target in
      unsafe withCString(Array(path.name)) { unsafe linkat(source, target, folder, $0, 0) }
    }
    let reason = Errno.current
    _ = held
    if result != 0 { throw .unwritten(path, reason) }
  }

  /// Gives a folder that was made here its mode and time: when nothing more is to be written in it.
  func finish(_ member: Member) throws(ArchiveError) {
    let folder = OpenFolder(open(member.path, O_RDONLY | O_DIRECTORY))
    guard folder.descriptor >= 0 else { throw .unwritten(member.path, .current) }
    try setStatus(of: folder.descriptor, member)
  }

  /// Takes away what was written here and turned out to be wrong.
  func remove(_ path: MemberPath) {
    guard let folder = try? folder(above: path) else { return }
    _ = unsafe withCString(Array(path.name)) { unsafe unlinkat(folder, $0, 0) }
  }

  /// Brings all of the folder's file system to the disk.
  func sync() throws(ArchiveError) {
    if syncfs(root) != 0 {
      throw ArchiveError(.io, "what was extracted cannot be brought to the disk", underlying: Errno.current)
    }
  }

  private func make(_ path: MemberPath, mode: mode_t) throws(ArchiveError) -> Bool {
    let folder = try folder(above: path)
    if unsafe withCString(Array(path.name), { unsafe mkdirat(folder, $0, mode) }) == 0 {
      made.insert(path)
      return true
    }
    let reason = Errno.current
    if reason == .fileExists { return false }
    throw .unwritten(path, reason)
  }

  /// The descriptor of the folder that `path` is in, which is made when it is missing.
  private func folder(above path: MemberPath) throws(ArchiveError) -> CInt {
    guard let parent = path.parent else { return root }
    if let last, last.path == parent { return last.folder.descriptor }
    var opened = open(parent, O_RDONLY | O_DIRECTORY)
    if opened < 0, Errno.current == .noSuchFileOrDirectory {
      _ = try make(parent, mode: 0o755)
      opened = open(parent, O_RDONLY | O_DIRECTORY)
    }
    if opened < 0 { throw .unwritten(path, .current) }
    last = (parent, OpenFolder(opened))
    return opened
  }

  private func open(_ path: MemberPath, _ flags: CInt) -> CInt {
    unsafe withCString(path.bytes) { unsafe linux_open_beneath(root, $0, flags | O_NOFOLLOW | O_CLOEXEC, 0) }
  }

  private func setTimes(_ member: Member, _ folder: CInt, _ name: [UInt8]) throws(ArchiveError) {
    let times = [timespec(member.modified), timespec(member.modified)]
    if unsafe withCString(name, { unsafe utimensat(folder, $0, times, AT_SYMLINK_NOFOLLOW) }) != 0 {
      throw .unwritten(member.path, .current)
    }
  }
}

/// Gives an open file or folder its member's time and mode.
func setStatus(of descriptor: CInt, _ member: Member) throws(ArchiveError) {
  let times = [timespec(member.modified), timespec(member.modified)]
  guard unsafe futimens(descriptor, times) == 0, fchmod(descriptor, mode_t(member.mode)) == 0 else {
    throw .unwritten(member.path, .current)
  }
}

extension timespec {
  init(_ time: ModificationTime) { self.init(tv_sec: time_t(time.seconds), tv_nsec: Int(time.nanoseconds)) }
}

extension ArchiveError {
  /// A member that could not be written.
  static func unwritten(_ path: MemberPath, _ reason: Errno) -> ArchiveError {
    switch reason {
    case .fileExists: ArchiveError(.refused, path, "is there already; it was not written over")
    case .tooManySymbolicLinkLevels, .notDirectory, .improperLink:
      ArchiveError(.refused, path, "leads through what is no folder, or out of the one it is to be written in")
    default: ArchiveError(.io, path, "cannot be written", underlying: reason)
    }
  }
}
