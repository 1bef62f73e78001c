/// A file's bytes as they come out of a masking: of a file of any size only pieces are held.
///
/// They are read in order, from the first to the last.
struct MaskedContent: ~Copyable, MemberContent {
  private final class State {
    let mask: Redaction.Masking
    let buffer: PageBuffer
    /// How far the file is read.
    var offset = 0
    /// What has come out, and was not taken yet.
    var piece: ArraySlice<UInt8> = []

    init(_ mask: @escaping Redaction.Masking) throws(ArchiveError) {
      self.mask = mask
      buffer = try PageBuffer(byteCount: Redaction.pieceSize, orThrow: Compressor.noMemory)
    }
  }

  private let file: FileContent
  private let state: State

  init(_ file: consuming FileContent, _ mask: @escaping Redaction.Masking) throws(ArchiveError) {
    state = try State(mask)
    self.file = file
  }

  func read(at offset: Int, into buffer: PageBuffer, _ range: Range<Int>) throws(ArchiveError) {
    var place = range.lowerBound
    while place < range.upperBound {
      if state.piece.isEmpty {
        guard state.offset < file.size else { throw file.changed }
        let bytes = try file.bytes(from: state.offset, count: Redaction.pieceSize, by: state.buffer)
        state.offset += bytes.count
        state.piece = state.mask(bytes, state.offset == file.size)[...]
      }
      let taken = state.piece.prefix(range.upperBound - place)
      buffer.copy(taken, at: place)
      place += taken.count
      state.piece = state.piece.dropFirst(taken.count)
    }
  }

  func finish() throws(ArchiveError) {
    try file.finish()
    if !state.piece.isEmpty { throw file.changed }
  }

  /// Bytes of a file once it is masked, and what is to mask it again, from its beginning.
  ///
  /// - Returns: `nil` for a file that stays as it is.
  static func size(of file: borrowing FileContent, _ path: MemberPath, _ redaction: Redaction?) throws(ArchiveError)
    -> (size: Int, mask: Redaction.Masking)?
  {
    guard let redaction, file.size > 0 else { return nil }
    let buffer = try PageBuffer(byteCount: Redaction.pieceSize, orThrow: Compressor.noMemory)
    let beginning = try file.bytes(from: 0, count: Redaction.beginning, by: buffer)
    guard let mask = redaction.masking(path, beginning) else { return nil }
    var isSame = true
    var (offset, size) = (0, 0)
    // What was held back of the pieces before, to be compared.
    var held: [UInt8] = []
    while offset < file.size {
      let bytes = try file.bytes(from: offset, count: Redaction.pieceSize, by: buffer)
      offset += bytes.count
      let masked = mask(bytes, offset == file.size)
      size += masked.count
      if isSame {
        held += bytes
        isSame = held.starts(with: masked)
        held.removeFirst(isSame ? masked.count : held.count)
      }
    }
    try file.finish()
    if isSame, held.isEmpty { return nil }
    return redaction.masking(path, beginning).map { (size, $0) }
  }
}
