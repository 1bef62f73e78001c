/// A stage that reads the tar as any other program would, and compares its members with those of the table.
///
/// Sendable, because only its own stage touches it before all have ended.
final class TableComparison: @unchecked Sendable {
  private let contents: TableOfContents
  private(set) var problems: [String] = []

  /// More would tell nothing.
  private static let mostProblems = 20

  init(_ contents: TableOfContents) { self.contents = contents }

  func run(_ reading: FrameReading, _ mark: Ring.Stages) throws {
    let frames = TarFrames(reading, mark)
    do {
      try TarLocale.using { try compare(frames) }
    } catch is TarFrames.Interrupted {
      // A damaged frame is told of by who hashes; behind it the tar cannot be read.
    } catch let error as ArchiveError where error.code == .damaged {
      problems.append(error.message)
    }
    try frames.passRest()
  }

  private func compare(_ frames: TarFrames) throws {
    var starts: [Int] = []
    var start = 0
    for frame in contents.frames {
      starts.append(start)
      start += frame.plainSize
    }
    var reader = try TarReader(frames)
    for number in 0...contents.members.count {
      let (member, place) = contents.placed(number)
      guard let entry = try reader.next() else { return note("the tar ends before \(member.path)") }
      if let what = difference(entry, member, starts[place.frame] + place.offset) {
        note("\(member.path): the table has another \(what) than the tar")
        // Where one member is missing all that follow are others.
        if what == "name" || problems.count >= Self.mostProblems { return }
      }
    }
    if let entry = try reader.next() { note("\(MemberPath.shown(entry.path)) is in the tar, and not in the table") }
  }

  private func note(_ problem: String) { problems.append(problem) }

  private func difference(_ entry: TarReader.Entry, _ member: Member, _ offset: Int) -> String? {
    var path = entry.path
    if member.kind == .folder, path.last == UInt8(ascii: "/") { path.removeLast() }
    if !Self.same(path, member.path.bytes) { return "name" }
    if entry.offset != offset { return "place" }
    switch member.kind {
    case .hardLink:
      guard let target = entry.hardLink, Self.same(target, member.target) else { return "target" }
    case .symbolicLink:
      guard let target = entry.symbolicLink, Self.same(target, member.target) else { return "target" }
    case .file, .folder:
      if entry.hardLink != nil { return "kind" }
    }
    if member.kind != .hardLink, entry.type != FileType(member.kind) { return "kind" }
    if (entry.size ?? 0) != member.size { return "size" }
    if entry.mode != member.mode { return "mode" }
    if entry.modified != member.modified { return "time" }
    return entry.isNobodys ? nil : "owner"
  }

  /// Strings are equal when they differ only in how accents are composed, which libarchive changes.
  private static func same(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left == right
      || String(validating: left, as: UTF8.self).map { $0 == String(decoding: right, as: UTF8.self) } ?? false
  }
}

/// The content of a reading's frames as a tar's bytes.
private final class TarFrames: TarSource {
  /// A frame is damaged, or the reading is to stop.
  struct Interrupted: Error {}

  private let reading: FrameReading
  private let mark: Ring.Stages
  private var item = 0
  private var isHeld = false

  init(_ reading: FrameReading, _ mark: Ring.Stages) {
    self.reading = reading
    self.mark = mark
  }

  func next() throws -> UnsafeRawBufferPointer {
    release()
    guard let slot = reading.wait(for: item) else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
    isHeld = true
    if slot.flaw != nil { throw Interrupted() }
    return unsafe slot.plain
  }

  /// Lets all that was not looked at go by.
  func passRest() throws {
    release()
    try reading.each(mark, from: item) { _, _, _ in }
  }

  private func release() {
    if isHeld {
      reading.ring.finish(mark, of: item)
      item += 1
      isHeld = false
    }
  }
}
