/// A frame on its way into an archive.
///
/// Sendable, because the ``Ring`` lets one stage write to it, and others read only after that.
final class WriteSlot: @unchecked Sendable {
  /// A part of a member's content.
  struct Segment {
    var member: Int
    var range: Range<Int>
    var isLast: Bool
  }

  let plain: PageBuffer
  var plainSize = 0
  var segments: [Segment] = []
  /// Bytes of content that gains little by compression.
  var denseBytes = 0
  var level = ContentLevel.text

  let frame: PageBuffer
  var frameSize = 0

  init() throws(ArchiveError) {
    plain = try PageBuffer(byteCount: Frame.largest, orThrow: Compressor.noMemory)
    frame = try PageBuffer(byteCount: Frame.largestCompressed, orThrow: Compressor.noMemory)
  }

  func reset() {
    (plainSize, denseBytes, level) = (0, 0, ContentLevel.text)
    segments.removeAll(keepingCapacity: true)
  }

  /// Gives its memory back: no frame will come any more.
  func discard() {
    plain.discard()
    frame.discard()
  }

  func append(_ bytes: some Collection<UInt8>) {
    plain.copy(bytes, at: plainSize)
    plainSize += bytes.count
  }

  /// Zeros up to the tar's next block.
  func pad() {
    plain.clear(plainSize..<plainSize.paddedToBlock)
    plainSize = plainSize.paddedToBlock
  }
}
