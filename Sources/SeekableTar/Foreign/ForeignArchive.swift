internal import Glibc
internal import Hashing
public import SystemPackage

/// Any `.tar.zst`, of unknown origin, read as it comes from its start to its end.
public struct ForeignArchive: Sendable {
  public struct Limits: Sendable {
    /// Bytes that all of it may have once decompressed.
    public var bytes = 1 << 40
    /// Bytes that may be written: what the disk has free. Holes take none.
    public var room = Int.max
    /// Members that it may have.
    public var members = 1_000_000
    /// Bytes that their paths may have, with those of the folders that they lie in and with what links say: each is held in memory.
    public var pathBytes = 1 << 28
    /// Names that are no UTF-8, too.
    public var acceptsAnyNames = false
    /// Symbolic links that lead out, too.
    public var acceptsLinksOut = false

    public init() {}
  }

  public let path: FilePath
  public let limits: Limits

  public init(_ path: FilePath, limits: Limits = Limits()) {
    self.path = path
    self.limits = limits
  }

  /// Reads all of it. Refused, with the member's name, are: absolute paths and those with `..`, symbolic links that lead out, what would be
  /// written through a link, devices and FIFOs, set-uid and set-gid files, names that are there twice or are no UTF-8, more than the limits.
  /// Of one that is cut short it is told which member is cut, or which one is the last whole one.
  ///
  /// - Parameter progress: bytes of the file.
  /// - Returns: the members in the archive's order, with their hashes.
  /// - Throws: ``ArchiveError``: `refused`, `damaged`, `io`; or what `progress` threw.
  public func list(progress: Progress? = nil) throws -> [Member] {
    try read(into: nil, includes: nil, progress).members
  }

  /// The same, and looks whether it is an archive of this format that has lost its table: what was damaged in its end reads well as a tar.
  ///
  /// - Throws: as ``list(progress:)`` does; `damaged` for such a one.
  public func verify(progress: Progress? = nil) throws -> [Member] {
    let found = try read(into: nil, includes: nil, progress)
    if found.isOurs {
      throw ArchiveError(
        .damaged, file: MemberPath.shown(path.bytes),
        "is an archive of cpwx, and the table of contents at its end is damaged, or lost")
    }
    return found.members
  }

  /// The same, and writes the members below a folder. All of an archive of this format come that has lost no more than its table.
  ///
  /// - Throws: as ``list(progress:)`` does. What was written until then stays below the folder.
  public func extract(
    into folder: FileDescriptor, includes: (@Sendable (Member) -> Bool)? = nil, progress: Progress? = nil
  ) throws -> [Member] {
    try read(into: StagingFolder(folder.rawValue), includes: includes, progress).members
  }

  /// The same, and ends with what comes before the first damage: for an archive whose end, with its table, is lost. Members that are refused
  /// are left out one by one. What was saved is on the disk on return.
  ///
  /// - Throws: ``ArchiveError``: `refused`, `io`; or what `progress` threw.
  public func salvage(
    into folder: FileDescriptor, includes: (@Sendable (Member) -> Bool)? = nil, progress: Progress? = nil
  ) throws -> ForeignSalvage {
    try read(into: StagingFolder(folder.rawValue), includes: includes, isSalvage: true, progress)
  }

  /// What ``salvage(into:includes:progress:)`` would get out, and writes nothing.
  ///
  /// - Throws: ``ArchiveError``: `refused`, `io`; or what `progress` threw.
  public func survey(progress: Progress? = nil) throws -> ForeignSalvage {
    try read(into: nil, includes: nil, isSalvage: true, progress)
  }

  private func read(
    into staging: StagingFolder?, includes: (@Sendable (Member) -> Bool)?, isSalvage: Bool = false,
    _ progress: Progress?
  ) throws -> ForeignSalvage {
    let name = MemberPath.shown(path.bytes)
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
      return try file.closeAfter {
        // Where nothing is saved of what comes before the damage, it tells which member that is in.
        let stream = try ZstdStream(file, limit: limits.bytes, givesCutFrame: !isSalvage, progress: progress)
        return try TarLocale.usingBytes {
          try ForeignReading(stream, limits, staging, includes, isSalvage: isSalvage).run()
        }
      }
    } catch let error as Errno {
      throw ArchiveError(.io, file: name, "cannot be read", underlying: error)
    } catch var error as ArchiveError {
      if error.member == nil, error.file == nil { error.file = name }
      throw error
    }
  }
}

/// What was saved of a foreign archive.
public struct ForeignSalvage: Sendable {
  /// In the archive's order, with their hashes.
  public var members: [Member]
  /// What was refused, and why.
  public var leftOut: [DamagedMember] = []
  /// What the reading ended with, when it did not come to the archive's end.
  public var damage: ArchiveError?
  /// Whether the tar ends as those of this format do, and hardly another one: with the list of hashes, which is nobody's.
  var isOurs = false

  /// Whether the last member of an archive of cpwx was reached, its list of hashes: then nothing is lost but what was left out.
  private var hasAllMembers: Bool { members.last?.path == TableOfContents.manifestPath }

  /// What was refused, and the member in which the reading ended.
  public var lost: [DamagedMember] {
    guard let damage, let member = damage.member else { return leftOut }
    return leftOut + [DamagedMember(path: member, reason: damage.message)]
  }

  /// That there may have been more, which nobody can name; `nil` when there was not.
  public var problem: String? {
    guard let damage, !hasAllMembers else { return nil }
    let last = members.last.map { "what comes after \($0.path)" } ?? "all of it"
    return "\(last) is lost: \(damage.message)"
  }
}

/// One reading of a foreign archive.
private struct ForeignReading: ~Copyable {
  private let stream: ZstdStream
  private var checks: ForeignChecks
  private let staging: StagingFolder?
  private let includes: (@Sendable (Member) -> Bool)?
  private let isSalvage: Bool
  private let room: Int
  /// Bytes in files, without holes.
  private var bytes = 0
  private var digests: [MemberPath: Digest] = [:]
  private var written: Set<MemberPath> = []

  init(
    _ stream: ZstdStream, _ limits: ForeignArchive.Limits, _ staging: StagingFolder?,
    _ includes: (@Sendable (Member) -> Bool)?, isSalvage: Bool
  ) {
    self.stream = stream
    checks = ForeignChecks(limits)
    room = limits.room
    self.staging = staging
    self.includes = includes
    self.isSalvage = isSalvage
  }

  consuming func run() throws -> ForeignSalvage {
    var salvage = ForeignSalvage(members: [], damage: nil)
    do {
      try readAll(into: &salvage)
    } catch let error as ArchiveError where isSalvage && error.code == .damaged {
      salvage.damage = error
      // What was written of it until then.
      if let member = error.member { staging?.remove(member) }
    } catch var error as ArchiveError where error.code == .damaged && error.member == nil {
      if let last = salvage.members.last { error.message += "; what comes after \(last.path) is lost" }
      throw error
    }
    try checks.finish()
    try finish(&salvage)
    return salvage
  }

  private mutating func readAll(into salvage: inout ForeignSalvage) throws {
    var reader = try TarReader(stream)
    while let entry = try reader.next() {
      salvage.isOurs =
        entry.isNobodys && entry.type == .file && entry.path == TableOfContents.manifestPath.bytes
      guard var member = try letIn(entry, &salvage) else { continue }
      do {
        try take(&member, &reader)
      } catch var error as ArchiveError {
        if error.member == nil { error.member = member.path }
        throw error
      }
      salvage.members.append(member)
    }
    do {
      // What follows the tar's end must be whole, too.
      while try unsafe !stream.next().isEmpty {}
    } catch let error as ArchiveError where salvage.isOurs && error.code == .damaged && !stream.isWithinData {
      // In an archive of this format those are the tables: the tar itself is whole.
      salvage.damage = error
    }
  }

  private mutating func letIn(_ entry: TarReader.Entry, _ salvage: inout ForeignSalvage) throws -> Member? {
    do {
      return try checks.member(entry)
    } catch {
      guard isSalvage, let member = error.member else { throw error }
      salvage.leftOut.append(DamagedMember(path: member, reason: error.message))
      return nil
    }
  }

  private mutating func take(_ member: inout Member, _ reader: inout TarReader) throws {
    let isWanted = staging != nil && includes?(member) ?? true
    switch member.kind {
    case .file:
      let target = isWanted ? try staging?.makeFile(member.path, size: member.size) : nil
      var left = room - bytes
      member.digest = try content(of: member, &reader, into: target, room: &left)
      bytes = room - left
      digests[member.path] = member.digest
      try target?.finish(member)
    case .hardLink: member.digest = digests[MemberPath(unchecked: member.target)]
    case .folder, .symbolicLink: break
    }
    if isWanted, member.kind == .folder, try staging?.makeFolder(member.path) == false { return }
    if isWanted { written.insert(member.path) }
  }

  /// - Parameter room: bytes that may be written; less by those that were, on return.
  private func content(
    of member: Member, _ reader: inout TarReader, into file: StagingFile?, room: inout Int
  ) throws -> Digest {
    let free = self.room
    var hash = SHA256()
    var place = 0
    // In a sparse file, what is not in the tar are zeros.
    let zeros = [UInt8](repeating: 0, count: 64 << 10)
    let stream = stream
    func skip(to offset: Int) throws {
      while place < offset {
        try stream.tellProgress()
        let count = min(zeros.count, offset - place)
        hash.update(zeros[..<count])
        place += count
      }
    }
    try unsafe reader.content { offset, bytes in
      guard offset >= place, offset <= member.size, bytes.count <= member.size - offset else {
        throw ArchiveError(.damaged, member.path, "is damaged: it has more bytes than its header tells")
      }
      try skip(to: offset)
      unsafe hash.update(bytes)
      place += bytes.count
      guard let file else { return }
      unsafe room -= bytes.count - StagingFile.holeBytes(in: bytes)
      if room < 0 {
        throw ArchiveError(
          .io, member.path,
          "there is no room for it and what comes before it: that is more than the \(free) bytes that were free",
          underlying: Errno.noSpace)
      }
      unsafe try file.write(bytes, at: offset)
    }
    try skip(to: member.size)
    return Digest(hash.copy().finish())
  }

  /// Links, once nothing can be written through them, and then the folders' modes and times.
  private func finish(_ salvage: inout ForeignSalvage) throws {
    guard let staging else { return }
    for member in salvage.members where written.contains(member.path) {
      switch member.kind {
      case .hardLink:
        let target = MemberPath(unchecked: member.target)
        guard written.contains(target) else {
          let flaw = "a hard link to \(target), which is not wanted"
          if !isSalvage { throw ArchiveError(.refused, member.path, flaw) }
          salvage.leftOut.append(DamagedMember(path: member.path, reason: flaw))
          continue
        }
        try staging.makeHardLink(member.path, to: target)
      case .symbolicLink: try staging.makeSymbolicLink(member)
      case .file, .folder: continue
      }
    }
    for member in salvage.members.reversed() where member.kind == .folder && written.contains(member.path) {
      try staging.finish(member)
    }
    if isSalvage { try staging.sync() }
  }
}
