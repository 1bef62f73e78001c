internal import CZstd
internal import Hashing

/// The skippable frame with the compressed table of contents, which lies between the last frame of data and the seek table.
///
///     0  4  0x184D2A5C      a skippable frame of zstd
///     4  4  bytes that follow
///     8  8  "cpwxTOC1"
///    16  8  bytes of the table once decompressed
///    24 32  SHA-256 of what follows
///    56     the table, a zstd frame
enum Trailer {
  private static let skippableMagic: UInt32 = 0x184D_2A5C
  private static let name = Array("cpwxTOC1".utf8)
  static let headerSize = 56
  /// Bytes that a table may take.
  static let largest = 1 << 30
  private static let level = 9

  /// - Parameter most: how many things of a kind an archive may have.
  static func encode(_ table: TableOfContents, most: Int = TableLimits.mostThings) throws -> [UInt8] {
    let plain = table.encoded()
    let things = max(table.members.count + 1, table.excluded.count, table.skipped.count)
    guard plain.count <= largest, things <= most else {
      throw ArchiveError(.unsupported, "the archive cannot be written: it would have too many members")
    }
    let packed = try compressed(plain)
    var bytes: [UInt8] = []
    bytes.append(littleEndian: skippableMagic)
    bytes.append(littleEndian: UInt32(headerSize - 8 + packed.count))
    bytes += name
    bytes.append(littleEndian: UInt32(plain.count))
    bytes.append(littleEndian: 0)
    bytes += digest(packed).bytes
    return bytes + packed
  }

  /// - Parameter known: as ``TableOfContents/init(decoding:_:known:)`` takes them.
  /// - Throws: ``ArchiveError`` with code `damaged`, `refused` for what goes beyond the limits, or `unsupported` when another program put
  ///   something else there.
  static func decode(
    _ bytes: [UInt8], _ limits: TableLimits, known: [Member] = []
  ) throws(ArchiveError) -> TableOfContents {
    guard bytes.count > headerSize, bytes.littleEndian(at: 0) == skippableMagic, bytes[8..<16].elementsEqual(name)
    else {
      throw .noTable
    }
    let size = Int(bytes.littleEndian(at: 16))
    let flaw = ArchiveError(.damaged, "the table of contents has other bytes than were written")
    guard Int(bytes.littleEndian(at: 4)) == bytes.count - 8, size <= largest, bytes.littleEndian(at: 20) == 0 else {
      throw flaw
    }
    let packed = Array(bytes[headerSize...])
    guard digest(packed) == Digest(bytes[24..<56]) else { throw flaw }
    let announced = unsafe packed.withUnsafeBytes { unsafe ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
    guard announced == UInt64(size) else { throw flaw }
    guard size <= limits.bytes else { throw limits.excess }
    var decompressor = try Decompressor()
    var trouble: String?
    let plain = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      unsafe trouble = packed.withUnsafeBytes {
        unsafe decompressor.decompress($0, into: UnsafeMutableRawBufferPointer(buffer))
      }
      count = trouble == nil ? size : 0
    }
    guard trouble == nil else { throw flaw }
    return try TableOfContents(decoding: plain, limits, known: known)
  }

  private static func compressed(_ plain: [UInt8]) throws -> [UInt8] {
    var compressor = try Compressor()
    return unsafe try [UInt8](unsafeUninitializedCapacity: Int(ZSTD_compressBound(plain.count))) { buffer, count in
      count = unsafe try plain.withUnsafeBytes {
        unsafe try compressor.compress($0, level: level, into: UnsafeMutableRawBufferPointer(buffer))
      }
    }
  }

  private static func digest(_ bytes: [UInt8]) -> Digest {
    var hash = SHA256()
    hash.update(bytes)
    return Digest(hash.finish())
  }
}
