internal import CLinux
internal import Glibc
internal import SystemPackage

/// Where a member's bytes come from.
protocol MemberContent: ~Copyable {
  /// Fills `range` of the buffer with the bytes from `offset` on.
  func read(at offset: Int, into buffer: PageBuffer, _ range: Range<Int>) throws(ArchiveError)
  /// Once all is read: whether it was one file all the while.
  func finish() throws(ArchiveError)
}

struct MemoryContent: MemberContent {
  let bytes: [UInt8]

  func read(at offset: Int, into buffer: PageBuffer, _ range: Range<Int>) {
    buffer.copy(bytes[offset..<offset + range.count], at: range.lowerBound)
  }

  func finish() {}
}

/// A source file. It must stay as it was when the tree was looked at.
struct FileContent: ~Copyable, MemberContent {
  private let entry: SourceEntry
  private let file: OpenSource

  /// - Throws: ``ArchiveError`` with code `changed` when it is another file, or has changed.
  init(_ entry: SourceEntry, _ file: consuming OpenSource) throws(ArchiveError) {
    self.entry = entry
    self.file = file
    try finish()
  }

  func read(at offset: Int, into buffer: PageBuffer, _ range: Range<Int>) throws(ArchiveError) {
    var (place, offset) = (range.lowerBound, offset)
    while place < range.upperBound {
      let hole = min(holeSize(at: offset), range.upperBound - place)
      buffer.clear(place..<place + hole)
      (place, offset) = (place + hole, offset + hole)
      if place == range.upperBound { break }
      let count = unsafe pread(
        file.descriptor, buffer.memory.baseAddress! + place, range.upperBound - place, off_t(offset))
      if count == 0 { throw ArchiveError(.changed, entry.path, "shrank while it was read") }
      if count < 0 {
        let reason = Errno.current
        if reason == .interrupted { continue }
        throw .gone(entry.path, reason)
      }
      (place, offset) = (place + count, offset + count)
    }
  }

  func finish() throws(ArchiveError) {
    let now = try file.status(entry.path, entry.root)
    if now.state == entry.state, now.type == entry.type { return }
    if now.state.inode != entry.state.inode || now.type != entry.type {
      throw ArchiveError(.changed, entry.path, "was replaced while it was read")
    }
    let what = now.size > entry.size ? "grew" : now.size < entry.size ? "shrank" : "was changed"
    throw ArchiveError(.changed, entry.path, "\(what) while it was read")
  }

  /// The bytes from a place on: so many, or as many as there are.
  func bytes(from offset: Int, count: Int, by buffer: PageBuffer) throws(ArchiveError) -> [UInt8] {
    let count = min(count, entry.size - offset)
    try read(at: offset, into: buffer, 0..<count)
    return unsafe Array(buffer.bytes(0..<count))
  }

  var size: Int { entry.size }

  var changed: ArchiveError { ArchiveError(.changed, entry.path, "was changed while it was read") }

  /// Bytes of zeros from `offset` on that are not on the disk, and need not be read.
  private func holeSize(at offset: Int) -> Int {
    guard entry.isSparse else { return 0 }
    let data = Int(linux_next_data(file.descriptor, off_t(offset)))
    if data >= 0 { return data - offset }
    return Errno.current.rawValue == ENXIO ? max(0, entry.size - offset) : 0
  }
}
