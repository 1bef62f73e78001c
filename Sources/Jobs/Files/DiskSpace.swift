internal import CFiles
public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// What a disk says of its room.
public struct DiskSpace: Sendable {
  /// The size of the disk, in bytes.
  public let all: Int
  /// Free bytes, those that are kept for root among them.
  public let unused: Int
  /// Free bytes that any user may take.
  public let available: Int
  /// Whether files may take fewer bytes than they hold; so it is taken to be where nothing is known of the kind.
  public let mayCompress: Bool

  /// - Parameter folder: where nothing is yet, the next folder above it counts.
  /// - Returns: `nil` where the disk does not say: some, as /proc, a tmpfs without a limit and many in user space, have no size at all.
  public init?(of folder: FilePath) {
    let folder = standing(folder)
    var status = statvfs()
    guard unsafe folder.withPlatformString({ unsafe statvfs($0, &status) }) == 0, status.f_blocks > 0 else {
      return nil
    }
    let unit = Int(clamping: status.f_frsize)
    func bytes(_ blocks: some BinaryInteger) -> Int {
      let (bytes, isMore) = Int(clamping: blocks).multipliedReportingOverflow(by: unit)
      return isMore ? .max : bytes
    }
    all = bytes(status.f_blocks)
    unused = bytes(status.f_bfree)
    available = bytes(status.f_bavail)
    mayCompress = unsafe !Self.plain.contains(folder.withPlatformString { unsafe file_system_kind($0) })
  }

  /// Of `<linux/magic.h>`: ext2 to ext4, XFS, tmpfs.
  private static let plain: Set = [0xEF53, 0x5846_5342, 0x0102_1994]
}

/// The folder, or the next one above it that is there.
public func standing(_ folder: FilePath) -> FilePath {
  var folder = folder
  while !exists(folder), folder.removeLastComponent() {}
  return folder
}
