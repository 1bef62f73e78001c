internal import Hashing
public import SystemPackage

extension ArchiveSource {
  /// Writes the archive to an empty file. Neither syncs, closes nor renames it.
  ///
  /// - Throws: ``ArchiveError``: `changed` or `unsupported`, naming the source; `io`; or what ``progress`` threw. The file then holds nothing of
  ///   worth.
  public func write(to file: FileDescriptor) throws -> WrittenArchive {
    try ArchiveWriting(self).run(into: file)
  }
}

/// An archive being written: frames go round in a ``Ring``, filled from the source in order, then hashed for the members and the tar and
/// compressed at the same time, then hashed for the archive and written at the same time.
///
/// Sendable, because each property belongs to one stage, and is read by another only after that one is through, as the ring orders.
final class ArchiveWriting: @unchecked Sendable {
  private static let hashed = Ring.Stages(rawValue: 1)
  private static let compressed = Ring.Stages(rawValue: 2)
  private static let summed = Ring.Stages(rawValue: 4)
  private static let written = Ring.Stages(rawValue: 8)

  private let source: ArchiveSource
  private var tree: SourceTree
  /// What was left out, now or before.
  private let excluded: [Glob]
  private let ring: Ring
  private let slots: [WriteSlot]
  /// Filled by ``fill()`` but for the digests, which are ``hashAll()``'s.
  private let packing: MemberPacking
  private var digests: [Digest?]
  /// Of the tar, whose parts are the members' contents.
  private var hash = PartedSHA256()
  /// Of the archive's bytes so far.
  private var archiveHash = SHA256()
  private var frames: [Frame] = []

  init(_ source: ArchiveSource) throws {
    self.source = source
    tree = try SourceTree(of: source)
    excluded = source.excluding + tree.lacking(source.excludedBefore)
    if tree.entries.isEmpty {
      throw ArchiveError(.unsupported, "the archive cannot be written: there is nothing in it")
    }
    let workers = max(1, source.workers)
    ring = Ring(size: workers + 3, all: [Self.hashed, Self.compressed, Self.summed, Self.written])
    slots = try (0..<ring.size).map { _ in try WriteSlot() }
    digests = Array(repeating: nil, count: tree.entries.count + 1)
    packing = try MemberPacking(source, tree, ring, slots)
  }

  func run(into file: FileDescriptor) throws -> WrittenArchive {
    let stages: [@Sendable () throws -> Void] = [
      { try TarLocale.using { try self.fill() } }, { try self.hashAll() }, { try self.sum() },
    ]
    let workers = Array(repeating: { @Sendable in try self.compress() }, count: max(1, source.workers))
    let output = OutputPlace(file)
    try ring.run(stages + workers + [{ try self.write(to: output) }])
    guard let result = output.result else { throw ArchiveError(.io, "the archive cannot be written: it was not ended") }
    return result
  }

  /// The sources' bytes, then the list of their hashes, then the tar's end.
  private func fill() throws {
    try packing.pack(tree.entries)
    // The list can be made when all is hashed.
    try packing.flush()
    guard ring.wait(for: Self.hashed, of: packing.item - 1) else { return }
    // The last frame's hash comes when all of them have been read.
    try packing.packManifest { self.digests[$0] }
    ring.end(before: packing.item)
  }

  private func hashAll() throws {
    try ring.each(after: [], finishing: Self.hashed) { item in
      let slot = slots[ring.slot(of: item)]
      var place = 0
      for segment in slot.segments {
        unsafe hash.update(slot.plain.bytes(place..<segment.range.lowerBound))
        unsafe hash.updatePart(slot.plain.bytes(segment.range))
        if segment.isLast { digests[segment.member] = Digest(hash.finishPart()) }
        place = segment.range.upperBound
      }
      unsafe hash.update(slot.plain.bytes(place..<slot.plainSize))
    }
  }

  private func compress() throws {
    var compressor = try Compressor()
    try ring.share(after: [], finishing: Self.compressed) { item in
      let slot = slots[ring.slot(of: item)]
      slot.frameSize = try unsafe compressor.compress(
        slot.plain.bytes(0..<slot.plainSize), level: slot.level, into: slot.frame.memory)
    }
  }

  private func sum() throws {
    try ring.each(after: Self.compressed, finishing: Self.summed) { item in
      let slot = slots[ring.slot(of: item)]
      unsafe archiveHash.update(slot.frame.bytes(0..<slot.frameSize))
    }
  }

  private func write(to output: OutputPlace) throws {
    var sink = try ArchiveSink(output.file)
    do {
      try ring.each(after: Self.compressed, finishing: Self.written) { item in
        let slot = slots[ring.slot(of: item)]
        let bytes = unsafe slot.frame.bytes(0..<slot.frameSize)
        let checksum = unsafe UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self))
        frames.append(Frame(plainSize: slot.plainSize, size: slot.frameSize, level: slot.level, checksum: checksum))
        try unsafe sink.append(bytes)
      }
      // All the other stages are through with the last frame, or it would not end here; but the hashes may be a step behind.
      guard ring.wait(for: [Self.hashed, Self.summed], of: packing.item - 1) else { return }
      for slot in slots { slot.discard() }
      let sources = tree.handOver()
      let contents = try table()
      for end in [try Trailer.encode(contents), SeekTable.encode(frames)] {
        archiveHash.update(end)
        try sink.append(end)
      }
      try sink.finish()
      output.result = WrittenArchive(
        contents: contents, sources: sources, excluded: tree.excluded,
        archiveBytes: sink.byteCount, archiveDigest: Digest(archiveHash.copy().finish()))
    } catch {
      sink.setDirect(false)
      throw error
    }
  }

  private func table() throws -> TableOfContents {
    var (members, places) = packing.handOver()
    for number in members.indices where members[number].kind == .file { members[number].digest = digests[number] }
    for (number, target) in packing.hardLinks { members[number].digest = members[target].digest }
    digests = []
    guard let manifest = members.popLast(), let place = places.popLast() else {
      throw ArchiveError(.io, "the archive cannot be written: it was not ended")
    }
    return TableOfContents(
      members: members, excluded: excluded, skipped: tree.skipped, annotations: source.annotations,
      isRedacted: packing.isRedacted, zstdVersion: Compressor.version, tarBytes: frames.reduce(0) { $0 + $1.plainSize },
      tarDigest: Digest(hash.digest), dataDigest: Digest(archiveHash.copy().finish()), hashState: archiveHash.state,
      places: places,
      manifest: manifest, manifestPlace: place, frames: frames)
  }
}

/// Where the last stage writes, and leaves what it wrote.
///
/// Sendable, because only that stage touches it before all have ended.
private final class OutputPlace: @unchecked Sendable {
  let file: FileDescriptor
  var result: WrittenArchive?
  init(_ file: FileDescriptor) { self.file = file }
}
