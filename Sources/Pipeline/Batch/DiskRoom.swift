internal import Glibc
internal import Jobs
public import SystemPackage

/// The room on the disk that jobs write to.
public struct DiskRoom: Sendable {
  private let folder: FilePath
  /// Bytes that are to stay free.
  public let minFree: Int

  /// - Parameter minFree: `nil`: five parts of a hundred of the disk, and no more than 5 GB.
  public init(of folder: FilePath, minFree: Int?) {
    self.folder = folder
    self.minFree = minFree ?? min(5_000_000_000, (DiskSpace(of: folder)?.all ?? 0) / 20)
  }

  /// Bytes that may be written; `nil` where the disk does not say.
  public var free: Int? { DiskSpace(of: folder)?.available }

  /// Why a job that will write so many bytes has to wait; `nil` when there is room for it beside those that run.
  ///
  /// - Parameter promised: what jobs before it will still write.
  func reasonToWait(for bytes: Int, promised: Int) -> String? {
    guard let free else { return nil }
    if free - promised - bytes >= minFree { return nil }
    let others = promised > 0 ? ", jobs before it \(describeSize(promised))" : ""
    let kept = minFree > 0 ? " and \(describeSize(minFree)) are to stay so" : ""
    return "no room: it needs \(describeSize(bytes))\(others), \(describeSize(free)) are free\(kept)"
  }
}

/// The bytes of all files below a folder, as far as they lie on the disk.
func bytes(below folder: FilePath) -> Int {
  names(in: folder).reduce(0) { sum, name in
    let path = folder.appending(name)
    var status = stat()
    guard unsafe path.withPlatformString({ unsafe lstat($0, &status) }) == 0 else { return sum }
    if status.st_mode & S_IFMT == S_IFDIR { return sum + bytes(below: path) }
    return sum + Int(status.st_blocks) * 512
  }
}
