/// How hard to compress, by what the content is. WAV at level 3 gains 1 % over level 1, and takes three times as long; what is
/// compressed already gains nothing.
enum ContentLevel {
  static let text = 3
  static let dense = 1
  /// Bytes at a file's beginning by which it is known.
  static let beginning = 16

  /// Where in a file the bytes are, and which: sound, pictures, films, archives.
  private static let signs = [
    Sign(8, Array("WAVE".utf8)), Sign(8, Array("AVI ".utf8)), Sign(8, Array("WEBP".utf8)),
    Sign(4, Array("ftyp".utf8)), Sign(0, [0x1A, 0x45, 0xDF, 0xA3]), Sign(0, Array("OggS".utf8)),
    Sign(0, Array("fLaC".utf8)), Sign(0, Array("ID3".utf8)), Sign(0, [0xFF, 0xFB]), Sign(0, [0xFF, 0xF1]),
    Sign(0, [0, 0, 1, 0xBA]), Sign(0, [0x0B, 0x77]), Sign(0, [0xFF, 0xD8, 0xFF]), Sign(0, [0x89, 0x50, 0x4E, 0x47]),
    Sign(0, Array("GIF8".utf8)), Sign(0, [0x28, 0xB5, 0x2F, 0xFD]), Sign(0, [0x1F, 0x8B]), Sign(0, Array("BZh".utf8)),
    Sign(0, [0xFD, 0x37, 0x7A, 0x58]), Sign(0, [0x50, 0x4B, 0x03, 0x04]), Sign(0, [0x37, 0x7A, 0xBC, 0xAF]),
    Sign(0, [0x04, 0x22, 0x4D, 0x18]), Sign(0, Array("Rar!".utf8)),
  ]

  /// Bytes in their place among the first sixteen, as two numbers: every file is compared with all of them.
  private struct Sign {
    private var wanted: (UInt64, UInt64) = (0, 0)
    private var mask: (UInt64, UInt64) = (0, 0)

    init(_ offset: Int, _ bytes: [UInt8]) {
      precondition(offset + bytes.count <= beginning && bytes.last != 0)
      unsafe withUnsafeMutableBytes(of: &wanted) { wanted in
        for (place, byte) in bytes.enumerated() { unsafe wanted[offset + place] = byte }
      }
      unsafe withUnsafeMutableBytes(of: &mask) { mask in
        for place in bytes.indices { unsafe mask[offset + place] = 0xFF }
      }
    }

    func isOf(_ first: (UInt64, UInt64)) -> Bool {
      first.0 & mask.0 == wanted.0 && first.1 & mask.1 == wanted.1
    }
  }

  /// - Parameter beginning: the file's first bytes.
  static func level(of beginning: UnsafeRawBufferPointer) -> Int {
    // What a shorter file has not are zeros here, and no sign ends with one.
    var first: (UInt64, UInt64) = (0, 0)
    unsafe withUnsafeMutableBytes(of: &first) { unsafe $0.copyBytes(from: beginning.prefix(Self.beginning)) }
    return signs.contains { $0.isOf(first) } ? dense : text
  }
}
