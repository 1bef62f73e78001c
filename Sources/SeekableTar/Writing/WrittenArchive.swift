/// An archive that was written, and what its sources were then.
public struct WrittenArchive: Sendable {
  public var contents: TableOfContents
  /// One for each member, in the members' order: of folders, too, whose times tell of names that came and went.
  public var sources: [SourceState]
  public var skipped: [SkippedSource] { contents.skipped }
  /// What was left out on request.
  public var excluded: ExcludedFiles
  /// Of the whole file.
  public var archiveBytes: Int
  /// Of the whole file: what `sha256sum` says.
  public var archiveDigest: Digest
}
