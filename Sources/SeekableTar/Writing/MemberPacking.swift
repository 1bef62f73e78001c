/// Cuts the tar into frames while it is made: small members are packed together, large ones have their header in a frame of its own
/// and their content in frames of 4 MiB. Where a frame ends follows from the members alone.
///
/// To be used on one thread, within ``TarLocale/using(_:)``.
final class MemberPacking {
  private let source: ArchiveSource
  private let ring: Ring
  private let slots: [WriteSlot]
  private var headers: TarHeaders

  private(set) var members: [Member] = []
  private(set) var places: [Place] = []
  /// Which member is a link to which.
  private(set) var hardLinks: [(link: Int, target: Int)] = []
  private(set) var isRedacted = false
  /// The frame that is being filled, or will be next.
  private(set) var item = 0

  private var slot: WriteSlot?
  private var files: [[UInt64]: Int] = [:]
  private var done = 0
  private let total: Int

  /// Another stage has failed; its error is the one that is told.
  private struct Stopped: Error {}

  init(_ source: ArchiveSource, _ tree: SourceTree, _ ring: Ring, _ slots: [WriteSlot]) throws {
    self.source = source
    self.ring = ring
    self.slots = slots
    headers = try TarHeaders()
    total = tree.contentBytes
    members.reserveCapacity(tree.entries.count + 1)
    places.reserveCapacity(tree.entries.count + 1)
  }

  /// - Throws: ``ArchiveError``, or what the source's redaction or progress threw.
  func pack(_ entries: [SourceEntry]) throws {
    // Patterns are told in the table.
    for glob in source.excluding { try refuseHidden(Array(glob.pattern.utf8)[...]) }
    let roots = RootFolders(source.roots)
    for entry in entries { try pack(entry, roots) }
  }

  /// The last member, from the hashes of those before, and the tar's end.
  ///
  /// - Parameter digest: of a member's content, by its number.
  func packManifest(_ digest: @escaping (Int) -> Digest?) throws {
    let targets = Dictionary(hardLinks.map { ($0.link, $0.target) }) { first, _ in first }
    let list = HashList(count: members.count) { [unowned self] number in
      digest(targets[number] ?? number).map { (members[number].path, $0) }
    }
    let newest = members.reduce(members.first?.modified) { max($0 ?? $1.modified, $1.modified) }
    let manifest = Member(
      path: TableOfContents.manifestPath, kind: .file, size: list.size, mode: 0o600,
      modified: newest ?? ModificationTime(seconds: 0, nanoseconds: 0))
    try pack(manifest, list)
    let end = try headers.end()
    try current().append(end)
    try flush()
  }

  /// Gives the members away, and where they are: there are many, and none are to be held twice.
  func handOver() -> (members: [Member], places: [Place]) {
    defer { (members, places) = ([], []) }
    return (members, places)
  }

  /// Hands the frame on, if there is one begun.
  func flush() throws {
    guard let full = slot else { return }
    full.level = full.denseBytes * 2 > full.plainSize ? ContentLevel.dense : ContentLevel.text
    slot = nil
    ring.put(item, done: [])
    item += 1
    try source.progress?(done, total)
  }

  private func current() throws -> WriteSlot {
    if let slot { return slot }
    guard ring.claim(item) else { throw Stopped() }
    let free = slots[ring.slot(of: item)]
    free.reset()
    slot = free
    return free
  }

  private func pack(_ entry: SourceEntry, _ roots: RootFolders) throws {
    let root = source.roots[entry.root].name.bytes.count
    try refuseHidden(entry.path.bytes.dropFirst(root + 1))
    var member = Member(
      path: entry.path, kind: .file, size: entry.size, mode: entry.mode, modified: entry.state.modified)
    switch entry.type {
    case .folder:
      member.kind = .folder
      try pack(member, MemoryContent(bytes: []))
    case .symbolicLink:
      member.kind = .symbolicLink
      member.target = try roots.text(of: entry)
      try refuseHidden(member.target[...])
      try pack(member, MemoryContent(bytes: []))
    default:
      if entry.links > 1 {
        if let target = files[entry.identity] {
          (member.kind, member.size, member.target) = (.hardLink, 0, members[target].path.bytes)
          hardLinks.append((members.count, target))
          return try pack(member, MemoryContent(bytes: []))
        }
        files[entry.identity] = members.count
      }
      try packFile(member, FileContent(entry, roots.open(entry)))
    }
  }

  /// Names and links stay as they are, so there must be nothing in them to hide.
  private func refuseHidden(_ name: ArraySlice<UInt8>) throws(ArchiveError) {
    guard let shown = source.redaction?.shownName(Array(name)) else { return }
    throw ArchiveError(
      .unsupported,
      "a name, or the text of a link, holds a secret (\(shown)), which can be masked in contents only"
    )
  }

  private func packFile(_ member: Member, _ content: consuming FileContent) throws {
    guard let masked = try MaskedContent.size(of: content, member.path, source.redaction) else {
      return try pack(member, content)
    }
    isRedacted = true
    var member = member
    member.size = masked.size
    try pack(member, MaskedContent(content, masked.mask))
  }

  private func pack(_ member: Member, _ content: borrowing some MemberContent & ~Copyable) throws {
    let header = try headers.header(for: member)
    let isPacked = Place.isPacked(headerSize: header.count, size: member.size)
    if let slot, !isPacked || slot.plainSize + header.count + member.size.paddedToBlock > Frame.packSize { try flush() }
    let number = members.count
    members.append(member)
    let first = try current()
    places.append(Place(frame: item, offset: first.plainSize, headerSize: header.count))
    first.append(header)
    if member.kind == .file, member.size == 0 {
      first.segments.append(.init(member: number, range: first.plainSize..<first.plainSize, isLast: true))
    }
    if !isPacked { try flush() }
    var level = ContentLevel.text
    var offset = 0
    while offset < member.size {
      let slot = try current()
      let range = slot.plainSize..<slot.plainSize + min(member.size - offset, Frame.largest)
      try content.read(at: offset, into: slot.plain, range)
      if offset == 0 { level = unsafe ContentLevel.level(of: slot.plain.bytes(range.prefix(ContentLevel.beginning))) }
      if level == ContentLevel.dense { slot.denseBytes += range.count }
      offset += range.count
      done = min(total, done + range.count)
      slot.segments.append(.init(member: number, range: range, isLast: offset == member.size))
      slot.plainSize = range.upperBound
      slot.pad()
      if !isPacked { try flush() }
    }
    try content.finish()
  }
}
