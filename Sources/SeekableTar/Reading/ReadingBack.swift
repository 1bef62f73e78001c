public import SystemPackage

extension WrittenArchive {
  /// Reads an archive that was just written, and synced, back from the disk: every member against the hash taken from its source, the whole
  /// tar against that of what was compressed, and each byte of the tables behind it.
  ///
  /// - Parameter progress: bytes of the archive.
  /// - Throws: ``ArchiveError``: `damaged`, naming the first member that is; `io`; or what `progress` threw.
  public func readBack(_ path: FilePath, workers: Int = defaultWorkers, progress: Progress? = nil) throws {
    let archive = try SeekableArchive(path, expecting: contents)
    guard archive.contents.members == contents.members, archive.archiveBytes == archiveBytes else {
      throw ArchiveError(
        .damaged, file: archive.name, "came back from the disk damaged: its table of contents is another")
    }
    let report = try archive.verify(
      VerificationOptions(expectedDigest: archiveDigest, fromDisk: true, workers: workers, progress: progress))
    if let first = report.damaged.first {
      throw ArchiveError(.damaged, first.path, "came back from the disk damaged: \(first.reason)")
    }
    if let first = report.problems.first {
      throw ArchiveError(.damaged, file: archive.name, "came back from the disk damaged: \(first)")
    }
  }
}
