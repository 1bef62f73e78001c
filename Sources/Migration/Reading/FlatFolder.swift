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
    let handle = folder.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard handle >= 0 else {
      let reason = Errno(rawValue: errno)
      if reason == .noSuchFileOrDirectory || reason == .notDirectory { return }
      throw reason
    }
    defer { close(handle) }
    var (files, folders, links): ([RawPath], [RawPath], [RawPath]) = ([], [], [])
    try FolderReader().forEach(in: handle) { name, kind in
      switch kind {
      case .folder: folders.append(RawPath(Array(name)))
      case .link: links.append(RawPath(Array(name)))
      case .file, .special: files.append(RawPath(Array(name)))
      }
    }
    (self.files, self.folders, self.links) = (files.sorted(), folders.sorted(), links.sorted())
  }
}
