internal import Hashing

/// A stage that compares every member's bytes with the hash that the table has of them.
///
/// Sendable, because only its own stage touches it before all have ended.
final class MemberHashing: @unchecked Sendable {
  private let contents: TableOfContents
  /// Whether the first damage is thrown.
  private let isStrict: Bool
  private let isOfTar: Bool
  /// Of the tar, whose parts are the members' contents.
  private var tar = PartedSHA256()
  /// Of a member's content, where that of the tar is not wanted.
  private var content = SHA256()
  private(set) var damage = Damage()
  /// Frames that cannot be read, and why.
  private(set) var frames: [(number: Int, flaw: String)] = []
  private(set) var bytes = 0

  /// - Parameter isOfTar: whether the tar is hashed as well, all of which then has to come along: that takes half as long again.
  init(_ contents: TableOfContents, isStrict: Bool, isOfTar: Bool) {
    self.contents = contents
    self.isStrict = isStrict
    self.isOfTar = isOfTar
  }

  /// Of the tar, when all of it was hashed.
  var tarDigest: Digest { Digest(tar.digest) }

  /// - Throws: ``ArchiveError`` with code `damaged`, when it is strict.
  func run(_ reading: FrameReading, _ mark: Ring.Stages) throws {
    try reading.each(mark) { slot, frame, segments in
      if let flaw = slot.flaw {
        // What no content is lost of is named as well.
        let whole = segments.isEmpty ? flaw + contents.told(inFrame: frame) : flaw
        frames.append((frame, whole))
        if isStrict, segments.isEmpty {
          throw ArchiveError(.damaged, file: reading.archive.name, "frame \(frame) is damaged: \(whole)")
        }
      }
      var place = 0
      for segment in segments {
        if slot.flaw == nil, isOfTar {
          unsafe tar.update(UnsafeRawBufferPointer(rebasing: slot.plain[place..<segment.range.lowerBound]))
          place = segment.range.upperBound
        }
        try check(segment, slot)
      }
      if slot.flaw == nil, isOfTar { unsafe tar.update(UnsafeRawBufferPointer(rebasing: slot.plain[place...])) }
    }
  }

  private func check(_ segment: ReadPlan.Segment, _ slot: FrameSlot) throws {
    let (member, _) = contents.placed(segment.member)
    if let flaw = slot.flaw {
      try add(segment.member, "is damaged: \(flaw)")
    } else {
      let piece = unsafe UnsafeRawBufferPointer(rebasing: slot.plain[segment.range])
      if isOfTar { unsafe tar.updatePart(piece) } else { unsafe content.update(piece) }
      bytes += segment.range.count
    }
    guard segment.isLast else { return }
    let digest = Digest(isOfTar ? tar.finishPart() : finishContent())
    if digest != member.digest { try add(segment.member, "has other bytes than its hash tells") }
  }

  private func finishContent() -> [UInt8] {
    defer { content = SHA256() }
    return content.copy().finish()
  }

  private func add(_ number: Int, _ reason: String) throws {
    let (member, _) = contents.placed(number)
    if isStrict { throw ArchiveError(.damaged, member.path, reason) }
    damage.add(number, reason)
  }
}

extension TableOfContents {
  /// Whose headers a frame holds, for people: the first, and how many more. The table has all that is in headers.
  fileprivate func told(inFrame frame: Int) -> String {
    // In order, as their places are.
    let first = places.partitionPoint { $0.frame < frame }
    var paths = members[first...].indices.prefix { places[$0].frame == frame }.map { members[$0].path }
    if frame >= manifestPlace.frame { paths.append(manifest.path) }
    guard let path = paths.first else { return "" }
    return "; it tells of \(path)" + (paths.count > 1 ? " and \(paths.count - 1) more" : "")
  }
}
