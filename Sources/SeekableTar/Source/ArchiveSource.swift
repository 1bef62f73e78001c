public import SystemPackage

/// What is to go into an archive, and how.
public struct ArchiveSource: Sendable {
  /// A folder or file, and the name that it has in the archive.
  public struct Root: Sendable, Hashable {
    public var name: MemberPath
    public var location: FilePath

    public init(_ name: MemberPath, at location: FilePath) {
      self.name = name
      self.location = location
    }
  }

  /// In any order; none may be in another, and none may be missing.
  public var roots: [Root]
  /// What to leave out; recorded in the table.
  public var excluding: [Glob] = []
  /// What was left out of an earlier archive, from which the source came back. Recorded as well, where it fits nothing that is there.
  public var excludedBefore: [Glob] = []
  /// Members that are no part of what is archived, and told nowhere: a lock's file, what a dead process told of its work.
  public var ignored: Set<MemberPath> = []
  public var redaction: Redaction?
  /// Recorded in the table, to be found there without reading data. For the same tree give the same ones: they are part of the bytes.
  public var annotations: [String: String] = [:]
  /// How many frames are compressed at a time. It changes nothing in the bytes.
  public var workers = defaultWorkers
  /// Bytes of content read, and in all.
  public var progress: Progress?

  public init(roots: [Root]) { self.roots = roots }

  /// How large it is. Reads no data.
  ///
  /// - Throws: ``ArchiveError``
  public func measure() throws -> SourceSize {
    let tree = try SourceTree(of: self)
    return SourceSize(
      members: tree.entries.count, bytes: tree.contentBytes, room: tree.room, excluded: tree.excluded)
  }
}

/// What would go into an archive.
public struct SourceSize: Sendable {
  public var members: Int
  /// Of their files' content, once for all names of a file.
  public var bytes: Int
  /// Bytes that these files take on the disk, and those that are left out on request: holes take none.
  public var room: Int
  public var excluded: ExcludedFiles
}

/// How much was left out on request: files with something in them.
public struct ExcludedFiles: Sendable, Hashable {
  public var files = 0
  public var bytes = 0

  public init() {}
}

/// What a source was when it was read.
public struct SourceState: Sendable, Hashable {
  public var path: MemberPath
  public var isFolder: Bool
  public var device: UInt64
  public var inode: UInt64
  /// Bytes; 0 for all but files.
  public var size: Int
  public var modified: ModificationTime
}
