extension SeekableArchive {
  /// Bytes that the content of members takes on a disk. Frames that hold nothing but zeros become holes, and take next to none. Of other
  /// frames, zeros in them may become holes, too: then it is less.
  ///
  /// - Parameters:
  ///   - includes: which members; `nil`: all.
  ///   - compressed: on a disk that compresses as well as the archive does.
  /// - Throws: ``ArchiveError`` with code `io` when memory is exhausted.
  public func roomNeeded(for includes: (@Sendable (Member) -> Bool)? = nil, compressed: Bool = false) throws -> Int {
    var files: Set<Int> = []
    for (number, member) in contents.members.enumerated() where includes?(member) ?? true {
      switch member.kind {
      case .file: files.insert(number)
      case .hardLink: if let target = contents.index(of: MemberPath(unchecked: member.target)) { files.insert(target) }
      case .folder, .symbolicLink: break
      }
    }
    var zeros = try ZeroFrames()
    let plan = ReadPlan(contents, files.sorted())
    return try zip(plan.frames, plan.segments).reduce(0) { sum, part in
      let frame = contents.frames[part.0]
      let wanted = part.1.reduce(0) { $0 + $1.range.count }
      if compressed { return sum + min(wanted, frame.size) }
      return try sum + (zeros.contain(frame) ? wanted % StagingFile.holeSize : wanted)
    }
  }
}

/// Knows frames of zeros by their checksums. One that has such a checksum without being of zeros is found damaged when it is opened.
private struct ZeroFrames: ~Copyable {
  private var compressor: Compressor
  private var checksums: [Int: UInt32] = [:]
  // As it comes from the kernel it is zeros.
  private let plain = PageBuffer(byteCount: Frame.largest)
  private let packed = PageBuffer(byteCount: Frame.largestCompressed)

  init() throws { compressor = try Compressor() }

  mutating func contain(_ frame: Frame) throws -> Bool {
    // Zeros take hardly anything.
    if frame.size > 64 + frame.plainSize >> 10 { return false }
    if let known = checksums[frame.plainSize] { return known == frame.checksum }
    let count = try unsafe compressor.compress(plain.bytes(0..<frame.plainSize), level: 1, into: packed.memory)
    let checksum = unsafe UInt32(
      littleEndian: packed.bytes(0..<count).loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
    checksums[frame.plainSize] = checksum
    return checksum == frame.checksum
  }
}
