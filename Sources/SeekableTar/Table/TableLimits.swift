/// What a table of contents may tell of at most: its few bytes can be made to take all memory.
struct TableLimits {
  /// Bytes of the archive.
  let archiveBytes: Int
  /// How many frames the seek table tells of.
  let frames: Int

  /// How many members, patterns or other things there may be, of each. Each member has headers in the tar; of the most alike ones those
  /// take four bytes and more once compressed.
  var things: Int { min(archiveBytes, Self.mostThings) }
  static let mostThings = 10_000_000

  /// Bytes of the table once decompressed, of all paths written out, and of those of all folders that these lead through. Paths and links of
  /// 4095 bytes each that differ in a few compress to a six-hundredth, no further.
  var bytes: Int { max(1 << 20, min(archiveBytes, Trailer.largest >> 10) << 10) }

  var excess: ArchiveError {
    ArchiveError(.refused, "the table of contents tells of more than an archive of \(archiveBytes) bytes can hold")
  }
}
