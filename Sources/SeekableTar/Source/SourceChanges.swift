internal import Hashing

/// What is different about a source.
public struct SourceChange: Sendable, Hashable, CustomStringConvertible {
  public var path: MemberPath
  /// "is gone", "is new", "has another size" …
  public var what: String

  public var description: String { "\(path) \(what)" }
}

extension ArchiveSource {
  /// What of the source is not as it was when it was archived: looked at anew, by size, time and inode of everything.
  ///
  /// - Returns: nothing when all is as it was; in the order of members.
  /// - Throws: ``ArchiveError``
  public func changes(since written: WrittenArchive) throws -> [SourceChange] {
    let tree = try SourceTree(of: self)
    var changes: [SourceChange] = []
    var (old, new) = (written.sources[...], tree.entries.map(\.state)[...])
    while let was = old.first ?? new.first {
      if let first = old.first, new.first.map({ first.precedes($0) }) ?? true {
        changes.append(SourceChange(path: first.path, what: "is gone"))
        old.removeFirst()
      } else if let first = new.first, old.first.map({ first.precedes($0) }) ?? true {
        changes.append(SourceChange(path: first.path, what: "is new"))
        new.removeFirst()
      } else {
        if let now = new.first, let what = Self.difference(was, now) {
          changes.append(SourceChange(path: was.path, what: what))
        }
        old.removeFirst()
        new.removeFirst()
      }
    }
    let before = Set(written.skipped)
    for source in tree.skipped where !before.contains(source) {
      changes.append(SourceChange(path: source.path, what: "is new"))
    }
    return changes
  }

  /// What an archive holds and the source has not, or has otherwise: the first such member. Of files with the size and the
  /// time of the archive's no data is read; others are compared by their hashes.
  ///
  /// - Parameter ignored: a member that need not be there.
  /// - Returns: `nil` when it has them all.
  /// - Throws: ``ArchiveError``
  public func lack(of contents: TableOfContents, but ignored: MemberPath) throws -> SourceChange? {
    let tree = try SourceTree(of: self)
    let folders = RootFolders(roots)
    let order = contents.order
    var standing = tree.entries[...]
    if order != .names { standing.sort { $0.path < $1.path } }
    for member in contents.members where member.path != ignored {
      standing = standing.drop {
        order.precedes($0.path, isFolder: $0.state.isFolder, member.path, isFolder: member.kind == .folder)
      }
      guard let entry = standing.first, entry.path == member.path else {
        return SourceChange(path: member.path, what: "is gone")
      }
      let isSame =
        switch member.kind {
        case .folder: entry.type == .folder
        case .symbolicLink: try entry.type == .symbolicLink && folders.text(of: entry) == member.target
        case .file: try folders.holds(entry, member)
        case .hardLink:
          try contents.member(MemberPath(unchecked: member.target)).map { try folders.holds(entry, $0) } ?? false
        }
      if !isSame { return SourceChange(path: member.path, what: "is another") }
    }
    return nil
  }

  /// The members that an archive of it would have, in their order, without their hashes. Reads no data.
  ///
  /// - Throws: ``ArchiveError``
  public func outline() throws -> [Member] {
    let tree = try SourceTree(of: self)
    let folders = RootFolders(roots)
    var files: [[UInt64]: MemberPath] = [:]
    return try tree.entries.map { entry in
      var member = Member(
        path: entry.path, kind: .file, size: entry.size, mode: entry.mode, modified: entry.state.modified)
      switch entry.type {
      case .folder: member.kind = .folder
      case .symbolicLink: (member.kind, member.target) = (.symbolicLink, try folders.text(of: entry))
      default:
        if entry.links == 1 { break }
        if let target = files[entry.identity] {
          (member.kind, member.size, member.target) = (.hardLink, 0, target.bytes)
        } else {
          files[entry.identity] = entry.path
        }
      }
      return member
    }
  }

  private static func difference(_ was: SourceState, _ now: SourceState) -> String? {
    if was.inode != now.inode || was.device != now.device { return "is another file now" }
    if was.size != now.size { return "has another size" }
    return was.modified == now.modified ? nil : "was changed"
  }
}

extension SourceState {
  /// In the order of members.
  func precedes(_ other: SourceState) -> Bool {
    MemberOrder.names.precedes(path, isFolder: isFolder, other.path, isFolder: other.isFolder)
  }
}

extension RootFolders {
  /// Whether a source has the bytes of a member.
  fileprivate func holds(_ entry: SourceEntry, _ member: Member) throws(ArchiveError) -> Bool {
    guard entry.type == .file, entry.size == member.size else { return false }
    if entry.state.modified == member.modified { return true }
    return try digest(of: entry) == member.digest
  }

  private func digest(of entry: SourceEntry) throws(ArchiveError) -> Digest {
    let file = try FileContent(entry, try open(entry))
    let buffer = try PageBuffer(byteCount: Frame.largest, orThrow: Decompressor.noMemory)
    var hash = SHA256()
    var offset = 0
    while offset < entry.size {
      let bytes = try file.bytes(from: offset, count: Frame.largest, by: buffer)
      hash.update(bytes)
      offset += bytes.count
    }
    try file.finish()
    return Digest(hash.finish())
  }
}
