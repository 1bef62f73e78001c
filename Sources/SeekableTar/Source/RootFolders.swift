internal import CLinux
internal import Glibc
internal import SystemPackage

/// The roots of a source, open: what is below them is reached from there, and through no symbolic link.
struct RootFolders {
  private final class Root {
    let root: ArchiveSource.Root
    let descriptor: CInt
    init(_ root: ArchiveSource.Root) {
      self.root = root
      descriptor = unsafe withCString(root.location.bytes) {
        unsafe openat(AT_FDCWD, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      }
    }
    deinit { if descriptor >= 0 { close(descriptor) } }
  }

  private let roots: [Root]

  init(_ roots: [ArchiveSource.Root]) { self.roots = roots.map(Root.init) }

  /// - Throws: ``ArchiveError``: `changed` when it is no more what it was.
  func open(_ entry: SourceEntry) throws(ArchiveError) -> OpenSource {
    let root = roots[entry.root]
    guard let below = below(entry) else { return try OpenSource(AT_FDCWD, root.root.location.bytes, for: entry.path) }
    return try OpenSource(root.descriptor, below: below, for: entry.path)
  }

  /// A symbolic link's text.
  func text(of entry: SourceEntry) throws(ArchiveError) -> [UInt8] {
    let root = roots[entry.root]
    let (folder, name) =
      if let below = below(entry) { (root.descriptor, below) } else {
        (AT_FDCWD, root.root.location.bytes[...])
      }
    var text = [UInt8](repeating: 0, count: MemberPath.longestPath + 1)
    let capacity = text.count
    let descriptor = folder == AT_FDCWD ? -1 : unsafe withCString(name) { unsafe linux_open_link_beneath(folder, $0) }
    defer { if descriptor >= 0 { close(descriptor) } }
    if folder != AT_FDCWD, descriptor < 0 { throw .gone(entry.path, .current) }
    let count = unsafe text.withUnsafeMutableBytes { text in
      let place = unsafe text.baseAddress!.assumingMemoryBound(to: CChar.self)
      return if descriptor >= 0 {
        unsafe readlinkat(descriptor, "", place, capacity)
      } else {
        unsafe withCString(name) { unsafe readlink($0, place, capacity) }
      }
    }
    // A link that is none any more is invalid for the kernel, or not there under an empty name.
    guard count > 0, count < capacity else {
      throw count < 0
        ? .gone(entry.path, .current) : ArchiveError(.changed, entry.path, "was replaced while it was read")
    }
    return Array(text[..<count])
  }

  /// The path from its root on; `nil` for the root itself.
  private func below(_ entry: SourceEntry) -> ArraySlice<UInt8>? {
    let name = roots[entry.root].root.name
    return entry.path == name ? nil : entry.path.bytes[(name.bytes.count + 1)...]
  }
}
