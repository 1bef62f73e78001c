internal import Glibc
internal import Jobs
internal import SystemPackage

/// What lies directly in a folder, sorted bytewise.
struct FlatFolder {
  private(set) var files: [RawPath] = []
  private(set) var folders: [RawPath] = []
  private(set) var links: [RawPath] = []

  /// - Throws: `Errno`, but not where there is no such folder.
  init(_ folder: FilePath) throws(Errno) {
    guard let handle = folder.withPlatformString({ opendir($0) }) else {
      let reason = Errno(rawValue: errno)
      if reason == .noSuchFileOrDirectory || reason == .notDirectory { return }
      throw reason
    }
    defer { closedir(handle) }
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { RawPath(FilePath.bytes(of: $0)) }
      }
      if name.bytes == [0x2E] || name.bytes == [0x2E, 0x2E] { continue }
      var type = Int32(entry.pointee.d_type)
      if type == Int32(DT_UNKNOWN) {
        var raw = stat()
        guard folder.appending(name).withPlatformString({ lstat($0, &raw) }) == 0 else { continue }
        type = raw.st_mode & S_IFMT == S_IFDIR ? 4 : raw.st_mode & S_IFMT == S_IFLNK ? 10 : 8
      }
      switch type {
      case Int32(DT_DIR): folders.append(name)
      case Int32(DT_LNK): links.append(name)
      default: files.append(name)
      }
    }
    files.sort()
    folders.sort()
    links.sort()
  }
}
