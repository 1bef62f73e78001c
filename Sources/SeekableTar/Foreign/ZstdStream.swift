internal import CZstd
internal import Glibc
internal import SystemPackage

/// The bytes that a `.zst` file holds, from its start to its end. Those of a frame that is no larger than archives of this format have them
/// come once its checksum was found right, unless the file ends within it; those of a larger one piece by piece.
@safe final class ZstdStream: TarSource {
  private let file: FileDescriptor
  private let limit: Int
  private let givesCutFrame: Bool
  private let progress: Progress?
  private let total: Int
  private let context: OpaquePointer
  private let packed: PageBuffer
  private let plain: PageBuffer
  private var packedRange = 0..<0
  /// Whether a frame's bytes may be waiting in libzstd, as there was no room for more.
  private var holdsMore = false
  private var place = 0
  private var delivered = 0
  /// Whether a frame has begun, and not ended yet.
  private var isWithinFrame = false
  /// Whether bytes came from such a frame, whose checksum is still to come.
  private(set) var isWithinData = false
  private var isAtEnd = false

  /// - Parameters:
  ///   - limit: bytes that it may hold.
  ///   - givesCutFrame: whether what is there of a frame that is cut comes before the error does, to tell by it where the cut is.
  init(_ file: FileDescriptor, limit: Int, givesCutFrame: Bool, progress: Progress?) throws(ArchiveError) {
    packed = try PageBuffer(byteCount: 1 << 20, orThrow: Decompressor.noMemory)
    plain = try PageBuffer(byteCount: Frame.largest + 1, orThrow: Decompressor.noMemory)
    guard let context = unsafe ZSTD_createDCtx() else { throw Decompressor.noMemory }
    unsafe self.context = context
    self.file = file
    self.limit = limit
    self.givesCutFrame = givesCutFrame
    self.progress = progress
    var raw = stat()
    total = unsafe fstat(file.rawValue, &raw) == 0 ? Int(raw.st_size) : 0
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  /// - Throws: ``ArchiveError``: `damaged`; `refused` beyond the limit; `io`; or what the progress threw.
  func next() throws -> UnsafeRawBufferPointer {
    var filled = 0
    while !isAtEnd {
      if packedRange.isEmpty, !holdsMore, try !readOn() { break }
      var output = unsafe ZSTD_outBuffer(dst: plain.memory.baseAddress, size: plain.memory.count, pos: filled)
      var input = unsafe ZSTD_inBuffer(
        src: packed.memory.baseAddress, size: packedRange.upperBound, pos: packedRange.lowerBound)
      let left = unsafe ZSTD_decompressStream(context, &output, &input)
      if let flaw = zstdFlaw(left) { throw Self.error(ZSTD_getErrorCode(left), flaw) }
      packedRange = unsafe input.pos..<packedRange.upperBound
      isWithinFrame = left != 0
      let count = unsafe output.pos - filled
      isWithinData = isWithinFrame && (isWithinData || count > 0)
      (filled, delivered) = (filled + count, delivered + count)
      if delivered > limit { throw ArchiveError(.refused, "holds more than \(limit) bytes once decompressed") }
      let isFull = unsafe filled == plain.memory.count
      holdsMore = isFull && isWithinFrame
      if isFull || filled > 0 && !isWithinFrame { return unsafe plain.bytes(0..<filled) }
    }
    if isWithinFrame {
      if filled > 0, givesCutFrame { return unsafe plain.bytes(0..<filled) }
      throw ArchiveError(.damaged, "is cut short")
    }
    return unsafe UnsafeRawBufferPointer(start: nil, count: 0)
  }

  /// For who is long at work with what came: nothing more is read.
  func tellProgress() throws { try progress?(place, max(place, total)) }

  private static func error(_ code: ZSTD_ErrorCode, _ flaw: String) -> ArchiveError {
    switch code {
    case ZSTD_error_memory_allocation: Decompressor.noMemory
    case ZSTD_error_frameParameter_windowTooLarge:
      ArchiveError(.refused, "was compressed with a window of more than 128 MiB")
    default: ArchiveError(.damaged, "is damaged, or not compressed by zstd: \(flaw)")
    }
  }

  /// - Returns: `false` at the file's end.
  private func readOn() throws -> Bool {
    let count = try unsafe file.fill(packed.memory, from: place)
    if count == 0 {
      isAtEnd = true
      return false
    }
    place += count
    packedRange = 0..<count
    try progress?(place, max(place, total))
    return true
  }
}
