internal import Glibc
internal import Jobs
internal import SystemPackage

/// Looks at the times of thousands of files in a blink: their paths go from the database to the kernel as they lie
/// there, and from the workspace's folder on.
final class StampReader {
  private let root: CInt
  private var path: [UInt8] = []

  init(_ workspace: Workspace) {
    root = workspace.root.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
  }

  deinit { if root >= 0 { close(root) } }

  /// The stamp of a job, as ``JobStamp/init(of:)`` finds it.
  func job(_ folder: UnsafeBufferPointer<UInt8>) -> JobStamp {
    for name in ["/manifest.json", "/job_info.json", "/job.json"] as [StaticString] {
      if let found = status(folder, name) {
        return JobStamp(
          inode: Int64(truncatingIfNeeded: found.st_ino), size: Int64(found.st_size), modified: found.time)
      }
    }
    return .none
  }

  /// Whether a folder looks as it did when it was last looked into.
  func isSame(_ folder: UnsafeBufferPointer<UInt8>, _ known: FolderStamp) -> Bool {
    guard known.modified != 0, let found = status(folder, "") else { return false }
    return found.st_mode & S_IFMT == S_IFDIR && found.time == known.modified
      && Int64(truncatingIfNeeded: found.st_ino) == known.inode
  }

  private func status(_ folder: UnsafeBufferPointer<UInt8>, _ name: StaticString) -> stat? {
    path.removeAll(keepingCapacity: true)
    path.append(contentsOf: folder)
    path.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    path.append(0)
    var found = stat()
    let result = path.withUnsafeBytes { fstatat(root, $0.assumingMemoryBound(to: CChar.self).baseAddress!, &found, 0) }
    return result == 0 ? found : nil
  }
}

extension stat {
  /// Nanoseconds since 1970.
  fileprivate var time: Int64 { nanoseconds(st_mtim.tv_sec, st_mtim.tv_nsec) }
}
