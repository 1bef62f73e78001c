internal import CLinux
internal import Glibc
internal import Jobs
internal import SystemPackage

/// What a copy on another file system could not be given of what its original has.
struct CopyLosses {
  enum Kind: String, CaseIterable {
    case owner, mode, time
    case attributes = "extended attributes"
    case links = "names in other places"
  }

  private struct Loss {
    var paths: Set<FilePath> = []
    var first: FilePath
    var reason: Errno?
  }

  private var all: [Kind: Loss] = [:]

  mutating func note(_ kind: Kind, of path: FilePath, _ reason: Errno?) {
    all[kind, default: Loss(first: path, reason: reason)].paths.insert(path)
  }

  func contains(_ kind: Kind, of path: FilePath) -> Bool { all[kind]?.paths.contains(path) ?? false }

  /// For people, a line for each kind.
  func messages(of root: FilePath) -> [String] {
    Kind.allCases.compactMap { kind in
      guard let loss = all[kind] else { return nil }
      let count = loss.paths.count == 1 ? "of" : "of \(loss.paths.count) files and folders, first of"
      let reason = loss.reason.map { " (\($0))" } ?? ""
      return "\(root): the disk that it moves to does not keep the \(kind.rawValue) \(count) \(loss.first)\(reason)"
    }
  }
}

/// Owner, mode, times and extended attributes of a file, a folder or a link itself.
enum FileAttributes {
  /// Gives a copy those of its original.
  ///
  /// - Throws: `Errno` where the disk has no room for them.
  static func copy(_ from: FilePath, to: FilePath, _ status: stat, _ losses: inout CopyLosses) throws(Errno) {
    var reasons: [CopyLosses.Kind: Errno] = [:]
    func attempt(_ kind: CopyLosses.Kind, _ result: CInt) {
      if result != 0, reasons[kind]?.isFull != true { reasons[kind] = Errno(rawValue: errno) }
    }
    unsafe attempt(.owner, to.withPlatformString { unsafe lchown($0, status.st_uid, status.st_gid) })
    for (name, value) in extended(of: from) {
      let result = unsafe to.withPlatformString { unsafe lsetxattr($0, name, value, value.count, 0) }
      if result != 0 { attempt(.attributes, result) }
    }
    if status.st_mode & S_IFMT != S_IFLNK {
      unsafe attempt(.mode, to.withPlatformString { unsafe chmod($0, status.st_mode & 0o7777) })
    }
    let times = [status.st_atim, status.st_mtim]
    unsafe attempt(.time, to.withPlatformString { unsafe utimensat(AT_FDCWD, $0, times, AT_SYMLINK_NOFOLLOW) })
    // ext4 says so, too, of an attribute that is longer than it takes.
    for (kind, reason) in reasons where reason.isFull {
      if kind != .attributes || reason != .noSpace || !hasRoomForAttributes(to) { throw reason }
    }
    for kind in differences(from, to) { losses.note(kind, of: from, reasons[kind]) }
  }

  /// Whether a disk has room for as much as all attributes of a file may take.
  private static func hasRoomForAttributes(_ path: FilePath) -> Bool {
    DiskSpace(of: path).map { $0.available >= 1 << 16 } ?? true
  }

  /// In what a copy differs from its original.
  static func differences(_ from: FilePath, _ copy: FilePath) -> [CopyLosses.Kind] {
    guard let left = Steps.status(from), let right = Steps.status(copy) else { return [] }
    var kinds: [CopyLosses.Kind] = []
    if left.st_uid != right.st_uid || left.st_gid != right.st_gid { kinds.append(.owner) }
    if left.st_mode & S_IFMT != S_IFLNK, left.st_mode & 0o7777 != right.st_mode & 0o7777 { kinds.append(.mode) }
    if left.st_mtim.tv_sec != right.st_mtim.tv_sec || left.st_mtim.tv_nsec != right.st_mtim.tv_nsec {
      kinds.append(.time)
    }
    let wanted = extended(of: from)
    if !wanted.isEmpty {
      // What a system adds by itself counts for nothing.
      let kept = Dictionary(extended(of: copy).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
      if wanted.contains(where: { kept[$0.name] != $0.value }) { kinds.append(.attributes) }
    }
    return kinds
  }

  /// Names, each with its end, and values; labels of a security policy are the system's own.
  private static func extended(of path: FilePath) -> [(name: [CChar], value: [UInt8])] {
    let size = unsafe path.withPlatformString { unsafe llistxattr($0, nil, 0) }
    guard size > 0 else { return [] }
    var list = [CChar](repeating: 0, count: size)
    let count = unsafe path.withPlatformString { unsafe llistxattr($0, &list, list.count) }
    guard count > 0 else { return [] }
    return list[..<count].split(separator: 0).compactMap { name in
      let name = Array(name) + [0]
      if name.starts(with: label) { return nil }
      let length = unsafe path.withPlatformString { unsafe lgetxattr($0, name, nil, 0) }
      guard length >= 0 else { return nil }
      var value = [UInt8](repeating: 0, count: max(1, length))
      let read = unsafe path.withPlatformString { unsafe lgetxattr($0, name, &value, length) }
      return read < 0 ? nil : (name, Array(value[..<read]))
    }
  }

  private static let label = "security.selinux".utf8.map { CChar(bitPattern: $0) }
}
