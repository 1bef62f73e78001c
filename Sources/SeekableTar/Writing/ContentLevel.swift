/// How hard to compress, by what the content is. WAV at level 3 gains 1 % over level 1, and takes three times as long; what is
/// compressed already gains nothing.
enum ContentLevel {
  static let text = 3
  static let dense = 1
  /// Bytes at a file's beginning by which it is known.
  static let beginning = 16

  /// Where in a file the bytes are, and which: sound, pictures, films, archives.
  private static let signs: [(offset: Int, bytes: [UInt8])] = [
    (8, Array("WAVE".utf8)), (8, Array("AVI ".utf8)), (8, Array("WEBP".utf8)),
    (4, Array("ftyp".utf8)), (0, [0x1A, 0x45, 0xDF, 0xA3]), (0, Array("OggS".utf8)), (0, Array("fLaC".utf8)),
    (0, Array("ID3".utf8)), (0, [0xFF, 0xFB]), (0, [0xFF, 0xF1]), (0, [0, 0, 1, 0xBA]), (0, [0x0B, 0x77]),
    (0, [0xFF, 0xD8, 0xFF]), (0, [0x89, 0x50, 0x4E, 0x47]), (0, Array("GIF8".utf8)),
    (0, [0x28, 0xB5, 0x2F, 0xFD]), (0, [0x1F, 0x8B]), (0, Array("BZh".utf8)), (0, [0xFD, 0x37, 0x7A, 0x58]),
    (0, [0x50, 0x4B, 0x03, 0x04]), (0, [0x37, 0x7A, 0xBC, 0xAF]), (0, [0x04, 0x22, 0x4D, 0x18]),
    (0, Array("Rar!".utf8)),
  ]

  /// - Parameter beginning: the file's first bytes.
  static func level(of beginning: UnsafeRawBufferPointer) -> Int {
    let isDense = signs.contains { sign in
      unsafe beginning.count >= sign.offset + sign.bytes.count
        && beginning[sign.offset..<sign.offset + sign.bytes.count].elementsEqual(sign.bytes)
    }
    return isDense ? dense : text
  }
}
