/// What is let in from an archive of unknown origin.
struct ForeignChecks {
  private let limits: ForeignArchive.Limits
  private var kinds: [MemberPath: Member.Kind] = [:]
  /// What others lie in.
  private var folders: Set<MemberPath> = []
  private var links = LinkTexts()
  private var bytes = 0
  /// Of all paths in `kinds` and `folders`, and of what links say.
  private var pathBytes = 0

  init(_ limits: ForeignArchive.Limits) { self.limits = limits }

  /// The entry as a member, without a digest; `nil` for the top folder itself.
  ///
  /// - Throws: ``ArchiveError``, `refused` with the member's name.
  mutating func member(_ entry: TarReader.Entry) throws(ArchiveError) -> Member? {
    guard let path = try path(entry) else { return nil }
    if let warning = entry.warning { throw ArchiveError(.refused, path, "is odd: \(warning)") }
    if !limits.acceptsAnyNames, String(validating: path.bytes, as: UTF8.self) == nil {
      throw ArchiveError(.refused, path, "a name that is no UTF-8")
    }
    if kinds[path] != nil { throw ArchiveError(.refused, path, "is there twice") }
    if kinds.count == limits.members {
      throw ArchiveError(.refused, path, "one more than the \(limits.members) members it may have")
    }
    let unknown = unknownFolders(above: path)
    for folder in unknown {
      if let kind = kinds[folder], kind != .folder {
        throw ArchiveError(.refused, path, "goes through \(folder), which is no folder")
      }
    }
    let member = try checked(entry, path)
    if member.kind != .folder, folders.contains(path) {
      throw ArchiveError(.refused, path, "is no folder, and others before it lie in it")
    }
    if pathBytes > limits.pathBytes {
      throw ArchiveError(.refused, path, "its path and those before it are more than \(limits.pathBytes) bytes")
    }
    for folder in unknown {
      folders.insert(folder)
      pathBytes += folder.bytes.count
    }
    kinds[path] = member.kind
    pathBytes += path.bytes.count + member.target.count
    return member
  }

  /// The folders that a path leads through and that no member lay in before, the deepest first. One that others lie in was looked at
  /// with them, and what is above it as well.
  func unknownFolders(above path: MemberPath) -> [MemberPath] {
    var unknown: [MemberPath] = []
    var above = path.parent
    while let folder = above, !folders.contains(folder) {
      unknown.append(folder)
      above = folder.parent
    }
    return unknown
  }

  /// What can be told only once all members are known.
  func finish() throws(ArchiveError) { try links.check() }

  private mutating func checked(_ entry: TarReader.Entry, _ path: MemberPath) throws(ArchiveError) -> Member {
    var member = Member(path: path, kind: .file, mode: entry.mode, modified: entry.modified)
    if let target = entry.hardLink {
      let file = MemberPath(unchecked: Self.tidied(target))
      guard kinds[file] == .file else {
        throw ArchiveError(.refused, path, "a hard link to no file before it in the archive")
      }
      (member.kind, member.target) = (.hardLink, file.bytes)
      return member
    }
    switch entry.type {
    case .folder: member.kind = .folder
    case .symbolicLink:
      member.kind = .symbolicLink
      member.target = entry.symbolicLink ?? []
      if member.target.isEmpty { throw ArchiveError(.refused, path, "a symbolic link to nothing") }
      if !limits.acceptsLinksOut { try links.add(member.target, at: path) }
    case .file:
      if entry.mode & 0o6000 != 0 {
        throw ArchiveError(.refused, path, "would run with another's rights (set-uid or set-gid)")
      }
      member.size = entry.size ?? 0
      guard member.size >= 0, member.size <= limits.bytes - bytes else {
        throw ArchiveError(.refused, path, "has \(member.size) bytes, more than it may (\(limits.bytes))")
      }
      bytes += member.size
    default: throw ArchiveError(.refused, path, entry.type.name)
    }
    return member
  }

  private func path(_ entry: TarReader.Entry) throws(ArchiveError) -> MemberPath? {
    if entry.path.first == UInt8(ascii: "/") {
      throw ArchiveError(.refused, MemberPath(unchecked: entry.path), "an absolute path")
    }
    let tidied = Self.tidied(entry.path)
    if tidied.isEmpty, entry.type == .folder, !entry.path.isEmpty { return nil }
    if let flaw = MemberPath.flaw(in: tidied) { throw ArchiveError(.refused, MemberPath(unchecked: entry.path), flaw) }
    return MemberPath(unchecked: tidied)
  }

  /// Without the `./` before it, the `/` behind a folder, and what is between that says nothing.
  private static func tidied(_ path: [UInt8]) -> [UInt8] {
    let slash = UInt8(ascii: "/")
    if path.first == slash { return path }
    return Array(path.split(separator: slash).filter { !$0.elementsEqual(".".utf8) }.joined(separator: [slash]))
  }
}
