/// What must be so in any table before one believes it: a table's hash shows that it is whole, not that it means well.
extension TableOfContents {
  /// - Throws: ``ArchiveError``, `refused` with the member's name, or `damaged` where members and frames do not fit together.
  mutating func check(_ limits: TableLimits) throws(ArchiveError) {
    try checkPlaces()
    // Members that are no folders and whose paths the present one begins with, each the beginning of the next: what has a
    // beginning in common lies together.
    var beginnings: [Int] = []
    // Of the paths of all folders, those that are no members included.
    var folderBytes = 0
    for number in members.indices {
      let member = members[number]
      if let flaw = MemberPath.flaw(in: member.path.bytes) { throw ArchiveError(.refused, member.path, flaw) }
      if number > 0, !order.precedes(members[number - 1], member) {
        throw ArchiveError(.refused, member.path, "is there twice, or out of order")
      }
      if member.kind == .file, member.mode & 0o6000 != 0 {
        throw ArchiveError(.refused, member.path, "would run with another's rights (set-uid or set-gid)")
      }
      if member.kind == .symbolicLink,
        member.target.isEmpty || member.target.contains(0) || member.target.count > MemberPath.longestPath
      {
        throw ArchiveError(.refused, member.path, "a symbolic link to nothing that could be")
      }
      if member.path == Self.manifestPath {
        throw ArchiveError(.refused, member.path, "has the name of the list of hashes")
      }
      if member.kind == .hardLink {
        guard let target = index(of: MemberPath(unchecked: member.target)), target < number,
          members[target].kind == .file
        else {
          throw ArchiveError(.refused, member.path, "a hard link to no file before it")
        }
        members[number].digest = members[target].digest
      }
      let path = member.path.bytes
      while let last = beginnings.last, !path.starts(with: members[last].path.bytes) { beginnings.removeLast() }
      if let last = beginnings.last, members[last].path == member.path {
        throw ArchiveError(.refused, member.path, "is there twice, or out of order")
      }
      if let above = beginnings.last(where: { path[members[$0].path.bytes.count] == UInt8(ascii: "/") }) {
        throw ArchiveError(.refused, member.path, "goes through \(members[above].path), which is no folder")
      }
      if member.kind != .folder { beginnings.append(number) }
      let known = number > 0 ? Self.sharedBytes(members[number - 1].path.bytes, path) : 0
      for place in known..<path.count where path[place] == UInt8(ascii: "/") { folderBytes += place }
      if folderBytes > limits.bytes { throw limits.excess }
    }
    guard manifest.kind == .file, manifest.path == Self.manifestPath else {
      throw ArchiveError(.damaged, "the table of contents does not end with the list of hashes")
    }
  }

  static let manifestPath = MemberPath(unchecked: Array(".cpwx/manifest-sha256.txt".utf8))

  /// Members lie one behind the other, without gaps, from the first frame's start to the tar's end.
  private func checkPlaces() throws(ArchiveError) {
    let flaw = ArchiveError(.damaged, "the table of contents does not fit the frames")
    let sizes = frames.map(\.plainSize)
    guard sizes.allSatisfy({ $0 > 0 }) else { throw flaw }
    var (frame, offset) = (0, 0)
    for number in 0...members.count {
      let (member, place) = placed(number)
      // A frame that is full ends; one that was ended before it was full does so, too.
      if frame < sizes.count, offset == sizes[frame] { (frame, offset) = (frame + 1, 0) }
      guard place.frame == frame, place.offset == offset, place.headerSize >= 512, frame < sizes.count else {
        throw flaw
      }
      if Place.isPacked(headerSize: place.headerSize, size: member.size) {
        offset += place.headerSize + member.size.paddedToBlock
        guard offset <= sizes[frame] else { throw flaw }
      } else {
        guard offset == 0, sizes[frame] == place.headerSize else { throw flaw }
        var left = member.size.paddedToBlock
        while left > 0 {
          frame += 1
          guard frame < sizes.count, sizes[frame] == Swift.min(left, Frame.largest) else { throw flaw }
          left -= sizes[frame]
        }
        offset = sizes[frame]
      }
    }
    if frame < sizes.count, offset == sizes[frame] { (frame, offset) = (frame + 1, 0) }
    guard frame == sizes.count - 1, sizes[frame] - offset == TarHeaders.endSize, tarBytes == sizes.reduce(0, +) else {
      throw flaw
    }
  }
}
