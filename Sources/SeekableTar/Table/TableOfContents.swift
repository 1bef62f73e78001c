/// What an archive holds, as its own table tells: read without reading data.
public struct TableOfContents: Sendable {
  /// In the tar's order; without the last member of the tar, `.cpwx/manifest-sha256.txt`.
  public var members: [Member]
  var order = MemberOrder.names
  /// What was left out on request.
  public var excluded: [Glob] = []
  /// What no archive can hold, and was left out.
  public var skipped: [SkippedSource] = []
  /// What the archive's maker wanted to be found here.
  public var annotations: [String: String] = [:]
  /// Whether some members' bytes were replaced.
  public var isRedacted = false
  /// Of the library that compressed: "1.5.4".
  public var zstdVersion: String
  /// Bytes of the tar once decompressed, and their hash: that of `zstd -dc FILE | sha256sum`.
  public var tarBytes: Int
  public var tarDigest: Digest
  /// Of the file's bytes before this table.
  public var dataDigest: Digest
  /// What the hash of these had come to: from there on, the end of the file tells the hash of all of it. `nil` where the table does not say.
  var hashState: [UInt8]?

  /// Where each member is, in the members' order.
  var places: [Place]
  var manifest: Member
  var manifestPlace: Place
  var frames: [Frame]

  /// Bytes of all files.
  public var contentBytes: Int { members.reduce(0) { $0 + $1.size } }

  /// The member of that path.
  public func member(_ path: MemberPath) -> Member? { index(of: path).map { members[$0] } }

  /// A member by its number, and where it is: the number behind the last one stands for the list of hashes.
  func placed(_ number: Int) -> (Member, Place) {
    number < members.count ? (members[number], places[number]) : (manifest, manifestPlace)
  }

  func index(of path: MemberPath) -> Int? {
    for isFolder in [false, true] {
      let found = members.partitionPoint {
        order.precedes($0.path, isFolder: $0.kind == .folder, path, isFolder: isFolder)
      }
      if found < members.count, members[found].path == path { return found }
    }
    return nil
  }
}

extension Array {
  /// Where the elements end, of an array with those first, that `isBefore` holds for.
  func partitionPoint(_ isBefore: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// Where a member is in an archive.
struct Place: Sendable, Equatable {
  /// The frame with its header, and where in the frame's content that begins.
  var frame: Int
  var offset: Int
  /// Bytes of the header, extended header included: a multiple of 512.
  var headerSize: Int
}

extension Place {
  /// Where the content of a member of `size` bytes begins: behind its header, or in the next frame when it has frames of its own.
  func content(size: Int) -> (frame: Int, offset: Int) {
    Self.isPacked(headerSize: headerSize, size: size) ? (frame, offset + headerSize) : (frame + 1, 0)
  }

  /// Whether such a member shares a frame with others.
  static func isPacked(headerSize: Int, size: Int) -> Bool { headerSize + size.paddedToBlock <= Frame.packSize }
}

extension Int {
  /// The next multiple of a tar's block of 512 bytes.
  var paddedToBlock: Int { (self + 511) / 512 * 512 }
}
