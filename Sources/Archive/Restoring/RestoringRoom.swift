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
    let free = space.free
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

extension ForeignArchive.Limits {
  /// Ends what would fill the disk of a folder. On one that may compress, or that tells no size, nobody knows when that is.
  mutating func setRoom(of folder: FilePath) {
    if let space = DiskSpace(of: folder), !space.mayCompress { room = space.free }
  }
}

extension DiskSpace {
  /// What this process may have: some of it is kept for root.
  fileprivate var free: Int { geteuid() == 0 ? unused : available }
}
