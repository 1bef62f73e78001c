extension SeekableArchive {
  /// Bytes that the content of members takes on a disk. Where there are nothing but zeros they become holes, and take
  /// none.
  ///
  /// The table tells which frames are of zeros. When there is no room for the others, holes are looked for in them,
  /// until there is.
  ///
  /// - Parameters:
  ///   - includes: which members; `nil`: all.
  ///   - compressed: on a disk that compresses as well as the archive does.
  ///   - free: bytes that there are.
  /// - Throws: ``ArchiveError`` with code `io`, also when memory is exhausted.
  public func roomNeeded(
    for includes: (@Sendable (Member) -> Bool)? = nil, compressed: Bool = false, free: Int = .max
  ) throws -> Int {
    var files: Set<Int> = []
    for (number, member) in contents.members.enumerated() where includes?(member) ?? true {
      switch member.kind {
      case .file: files.insert(number)
      case .hardLink: if let target = contents.index(of: MemberPath(unchecked: member.target)) { files.insert(target) }
      case .folder, .symbolicLink: break
      }
    }
    let plan = ReadPlan(contents, files.sorted())
    var zeros = try ZeroFrames()
    var (needed, packed) = (0, 0)
    var unknown: [Int] = []
    for (item, number) in plan.frames.enumerated() {
      let frame = contents.frames[number]
      let wanted = plan.segments[item].reduce(0) { $0 + $1.range.count }
      packed += min(wanted, frame.size)
      if try zeros.contain(frame) {
        needed += wanted % StagingFile.holeSize
      } else {
        needed += wanted
        // A hole takes next to nothing in it.
        if wanted >= StagingFile.holeSize, frame.plainSize - frame.size >= StagingFile.holeSize / 2 {
          unknown.append(item)
        }
      }
    }
    if compressed { return packed }
    if needed <= free || packed > free { return needed }
    let slot = try FrameSlot()
    var decompressor = try Decompressor()
    for item in unknown {
      if needed <= free { break }
      try slot.load(plan.frames[item], of: self)
      slot.open(contents.frames[plan.frames[item]], with: &decompressor)
      // Damage is told of by who extracts it.
      if slot.flaw != nil { continue }
      for segment in plan.segments[item] {
        unsafe needed -= StagingFile.holeBytes(in: UnsafeRawBufferPointer(rebasing: slot.plain[segment.range]))
      }
    }
    return needed
  }
}

/// Knows frames of zeros by their checksums. One that has such a checksum without being of zeros is found damaged when it is opened.
private struct ZeroFrames: ~Copyable {
  private var compressor: Compressor
  private var checksums: [Int: UInt32] = [:]
  // As it comes from the kernel it is zeros.
  private let plain: PageBuffer
  private let packed: PageBuffer

  init() throws {
    let plain = try PageBuffer(byteCount: Frame.largest, orThrow: Decompressor.noMemory)
    let packed = try PageBuffer(byteCount: Frame.largestCompressed, orThrow: Decompressor.noMemory)
    compressor = try Compressor()
    (self.plain, self.packed) = (plain, packed)
  }

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
