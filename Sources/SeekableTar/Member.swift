/// One file, folder or link in an archive.
public struct Member: Sendable, Hashable {
  public enum Kind: UInt8, Sendable {
    case file, folder, symbolicLink, hardLink
  }

  public var path: MemberPath
  public var kind: Kind
  /// Bytes of content; 0 for folders and links: a hard link's content is its target's.
  public var size: Int
  /// Of the content as it is in the archive. A hard link has that of the file it is a link to; folders and symbolic links have none.
  public var digest: Digest?
  /// The permissions, with the set-id and sticky bits: 0o7777.
  public var mode: UInt16
  public var modified: ModificationTime
  /// A symbolic link's text as it is, or the path of the member that a hard link is a link to.
  public var target: [UInt8]

  public init(
    path: MemberPath, kind: Kind, size: Int = 0, digest: Digest? = nil, mode: UInt16, modified: ModificationTime,
    target: [UInt8] = []
  ) {
    self.path = path
    self.kind = kind
    self.size = size
    self.digest = digest
    self.mode = mode
    self.modified = modified
    self.target = target
  }
}

/// When something was last changed, since 1970.
public struct ModificationTime: Hashable, Comparable, Sendable {
  public var seconds: Int64
  /// 0…999,999,999
  public var nanoseconds: Int32

  public init(seconds: Int64, nanoseconds: Int32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  public static func < (left: Self, right: Self) -> Bool {
    (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
  }
}

/// A source that is left out of an archive, because there is no sense in archiving it.
public struct SkippedSource: Sendable, Hashable {
  public var path: MemberPath
  /// "a FIFO", "a socket", "a device"
  public var reason: String
}
