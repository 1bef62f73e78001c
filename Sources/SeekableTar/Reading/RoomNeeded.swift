extension SeekableArchive {
  /// Bytes that the content of members takes on a disk. Frames that hold nothing but zeros become holes, and take none.
  ///
  /// - Parameter includes: which members; `nil`: all.
  /// - Throws: ``ArchiveError`` with code `io` when memory is exhausted.
  public func roomNeeded(for includes: (@Sendable (Member) -> Bool)? = nil) throws -> Int {
    var files: Set<Int> = []
    for (number, member) in contents.members.enumerated() where includes?(member) ?? true {
      switch member.kind {
      case .file: files.insert(number)
      case .hardLink: if let target = contents.index(of: MemberPath(unchecked: member.target)) { files.insert(target) }
      case .folder, .symbolicLink: break
      }
    }
    let zeros = try Self.checksumOfZeros()
    let plan = ReadPlan(contents, files.sorted())
    return zip(plan.frames, plan.segments).reduce(0) { sum, part in
      let frame = contents.frames[part.0]
      if frame.plainSize == Frame.largest, frame.checksum == zeros { return sum }
      return part.1.reduce(sum) { $0 + $1.range.count }
    }
  }

  /// That of the largest frame. One that has it without being of zeros is found damaged when it is opened.
  private static func checksumOfZeros() throws -> UInt32 {
    var compressor = try Compressor()
    // As it comes from the kernel it is zeros.
    let plain = PageBuffer(byteCount: Frame.largest)
    let packed = PageBuffer(byteCount: Frame.largestCompressed)
    let count = try unsafe compressor.compress(plain.bytes(0..<Frame.largest), level: 1, into: packed.memory)
    return unsafe UInt32(
      littleEndian: packed.bytes(0..<count).loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
  }
}
