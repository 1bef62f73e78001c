internal import Glibc
internal import Jobs
internal import SystemPackage

/// Looks at the times of thousands of files in a blink: their paths go from the database to the kernel as they lie
/// there, and from the workspace's folder on.
final class StampReader {
  private let root: CInt
  private var path: [UInt8] = []

  init(_ workspace: Workspace) {
    root = unsafe workspace.root.withPlatformString { unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
  }

  deinit { if root >= 0 { close(root) } }

  /// Whether a job's files look as they did when they were read.
  func isSame(job folder: UnsafeBufferPointer<UInt8>, _ known: JobStamp) -> Bool {
    unsafe known.isOfSeveral ? several(in: folder) == known : file(folder, "/manifest.json") == known
  }

  /// The same for a folder as documents write it.
  func isSame(_ folder: String, _ known: JobStamp) -> Bool {
    var folder = folder
    return folder.withUTF8 { unsafe isSame(job: $0, known) }
  }

  /// The stamp of a job whose manifest is missing or tells too little: of all files that are asked then.
  ///
  /// - Parameter manifest: as it was read; `nil` when there was none, though one may have come since.
  func several(in folder: String, manifest: JobStamp?) -> JobStamp {
    var folder = folder
    return folder.withUTF8 { unsafe several(in: $0, manifest: .some(manifest)) }
  }

  /// - Parameter manifest: as it was read; else it is looked at.
  private func several(in folder: UnsafeBufferPointer<UInt8>, manifest: JobStamp?? = nil) -> JobStamp {
    let others = ["/job_info.json", "/job.json", "/final_output.mp4"] as [StaticString]
    let name = unsafe folder[(folder.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...]
    return unsafe JobStamp(
      of: [manifest ?? file(folder, "/manifest.json")] + others.map { unsafe file(folder, $0) }
        + [file(folder, "_with_subs.mp4", of: name)])
  }

  private func file(
    _ folder: UnsafeBufferPointer<UInt8>, _ name: StaticString, of stem: Slice<UnsafeBufferPointer<UInt8>>? = nil
  ) -> JobStamp? {
    unsafe status(folder, name, of: stem).map {
      JobStamp(inode: UInt64($0.st_ino), size: Int64($0.st_size), modified: $0.time)
    }
  }

  /// Whether a folder looks as it did when it was last looked into.
  func isSame(_ folder: UnsafeBufferPointer<UInt8>, _ known: FolderStamp) -> Bool {
    guard known.modified != 0, let found = unsafe status(folder, "") else { return false }
    return found.st_mode & S_IFMT == S_IFDIR && found.time == known.modified
      && Int64(truncatingIfNeeded: found.st_ino) == known.inode
  }

  private func status(
    _ folder: UnsafeBufferPointer<UInt8>, _ name: StaticString, of stem: Slice<UnsafeBufferPointer<UInt8>>? = nil
  ) -> stat? {
    path.removeAll(keepingCapacity: true)
    unsafe path.append(contentsOf: folder)
    if let stem = unsafe stem {
      path.append(UInt8(ascii: "/"))
      unsafe path.append(contentsOf: stem)
    }
    unsafe path.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    path.append(0)
    var found = stat()
    let result = unsafe path.withUnsafeBytes {
      unsafe fstatat(root, $0.assumingMemoryBound(to: CChar.self).baseAddress!, &found, 0)
    }
    return result == 0 ? found : nil
  }
}

extension stat {
  /// Nanoseconds since 1970.
  fileprivate var time: Int64 { nanoseconds(st_mtim.tv_sec, st_mtim.tv_nsec) }
}
