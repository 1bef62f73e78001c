internal import Glibc
internal import Jobs
internal import SeekableTar
internal import SystemPackage

extension SeekableArchive {
  /// Sees to it that there is room for what is to be written, before anything is. On a disk that may compress, as the archive's own may, only
  /// the bytes that it takes in the archive are asked for.
  ///
  /// - Parameters:
  ///   - includes: which members that is; `nil`: all.
  ///   - name: how the archive is called to people.
  ///   - remedy: what was not done, and what can be.
  /// - Throws: ``JobError`` with code `io` that tells what is needed, and what is free.
  func refuseWithoutRoom(
    for includes: (@Sendable (Member) -> Bool)?, in folder: FilePath, named name: String, remedy: String
  ) throws {
    guard let space = DiskSpace(of: folder) else { return }
    // Some of it is kept for root.
    let free = geteuid() == 0 ? space.unused : space.available
    // Most often a look at the table is enough.
    if contents.contentBytes <= free { return }
    let needed = try telling(name) { try roomNeeded(for: includes, compressed: space.mayCompress, free: free) }
    if needed <= free { return }
    throw JobError(
      .io, name,
      "there is no room for it: it needs \(describeSize(needed)), and \(describeSize(free)) are free on the disk of \(folder.removingLastComponent())",
      remedy: remedy, underlying: Errno.noSpace)
  }
}
