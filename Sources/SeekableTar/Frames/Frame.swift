internal import CZstd

/// A zstd frame of an archive: it can be decompressed alone. RFC 8878 is the format.
struct Frame: Sendable, Equatable {
  /// Small members share a frame up to this size, a header included. Of 64 KiB to 4 MiB this gave the best of speed of
  /// access and size.
  static let packSize = 256 << 10
  /// Larger members' content is cut into frames of this size.
  static let largest = 4 << 20
  /// Bytes that a compressed frame may take at most.
  static let largestCompressed = Int(ZSTD_compressBound(largest))

  /// Bytes once decompressed.
  var plainSize: Int
  /// Bytes in the archive.
  var size: Int
  /// What it was compressed with.
  var level: Int
  /// The last four bytes of the frame: the low half of the content's XXH64.
  var checksum: UInt32
}
