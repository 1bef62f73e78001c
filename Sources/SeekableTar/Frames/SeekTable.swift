/// The seek table at an archive's end, by which other programs find their way (ratarmount, zstd's own seekable reader).
///
/// Source of the format: zstd's contrib/seekable_format/zstd_seekable_compression_format.md, version 0.1.0.
enum SeekTable {
  /// Bytes: those of the last field of every seek table.
  static let footerSize = 9
  private static let skippableMagic: UInt32 = 0x184D_2A5E
  private static let seekableMagic: UInt32 = 0x8F92_EAB1
  private static let hasChecksums: UInt8 = 0x80
  private static let entrySize = 12
  /// Frames that a table may have: they are in memory while an archive is open.
  private static let mostFrames = 1 << 24

  /// Bytes of the table of so many frames.
  static func size(frames: Int) -> Int { 8 + frames * entrySize + footerSize }

  static func encode(_ frames: [Frame]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size(frames: frames.count))
    bytes.append(littleEndian: skippableMagic)
    bytes.append(littleEndian: UInt32(frames.count * entrySize + footerSize))
    for frame in frames {
      bytes.append(littleEndian: UInt32(frame.size))
      bytes.append(littleEndian: UInt32(frame.plainSize))
      bytes.append(littleEndian: frame.checksum)
    }
    bytes.append(littleEndian: UInt32(frames.count))
    bytes.append(hasChecksums)
    bytes.append(littleEndian: seekableMagic)
    return bytes
  }

  /// How many frames the table has whose last bytes these are; `nil` when they end no such table.
  static func frameCount(footer: [UInt8]) -> Int? {
    guard footer.count == footerSize, footer.littleEndian(at: 5) == seekableMagic, footer[4] == hasChecksums else {
      return nil
    }
    let count = Int(footer.littleEndian(at: 0))
    return count <= mostFrames ? count : nil
  }

  /// Sizes and checksums; the level is not in this table. `nil` when the bytes are no such table.
  static func decode(_ bytes: [UInt8]) -> [Frame]? {
    guard bytes.count >= 8 + footerSize, let count = frameCount(footer: Array(bytes.suffix(footerSize))),
      bytes.count == size(frames: count), bytes.littleEndian(at: 0) == skippableMagic,
      Int(bytes.littleEndian(at: 4)) == bytes.count - 8
    else { return nil }
    return (0..<count).map { number in
      let place = 8 + number * entrySize
      return Frame(
        plainSize: Int(bytes.littleEndian(at: place + 4)), size: Int(bytes.littleEndian(at: place)), level: 0,
        checksum: bytes.littleEndian(at: place + 8))
    }
  }
}

extension [UInt8] {
  mutating func append(littleEndian value: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  /// Four bytes from `place` on, which must be there.
  func littleEndian(at place: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(self[place + $1]) << UInt32(8 * $1) }
  }
}
