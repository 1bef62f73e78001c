internal import Glibc
internal import Jobs
internal import SystemPackage

/// What lies directly in a folder, sorted bytewise.
struct FlatFolder {
  private(set) var files = NameList()
  private(set) var folders = NameList()
  private(set) var links = NameList()

  /// - Throws: `Errno`, but not where there is no such folder.
  init(_ folder: FilePath) throws(Errno) {
    let handle = unsafe folder.withPlatformString { unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard handle >= 0 else {
      let reason = Errno(rawValue: errno)
      if reason == .noSuchFileOrDirectory || reason == .notDirectory { return }
      throw reason
    }
    defer { close(handle) }
    var (files, folders, links) = (NameList(), NameList(), NameList())
    var status = stat()
    if unsafe fstat(handle, &status) == 0, status.st_size > 1 << 17 {
      // About what its names take. Room that is not used takes no memory, and a list that grew would be there twice.
      let size = min(Int(status.st_size), Self.room)
      files.reserve(bytes: size)
      folders.reserve(bytes: size)
    }
    try unsafe FolderReader().forEach(in: handle) { name, kind in
      switch kind {
      case .folder: unsafe folders.append(name)
      case .link: unsafe links.append(name)
      case .file, .special: unsafe files.append(name)
      }
    }
    files.sort()
    folders.sort()
    links.sort()
    (self.files, self.folders, self.links) = (files, folders, links)
  }

  /// Bytes for which room is made beforehand, at most: a folder does not shrink with what was in it.
  private static let room = 1 << 26

  var all: [RawPath] { Array(files) + folders + links }
}
