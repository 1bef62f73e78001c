/// The text of documents as writers on other systems left it.
enum OldText {
  /// The same text in UTF-8: of UTF-16 with its mark, and of what has single bytes of Windows-1252 in it.
  static func utf8(_ bytes: [UInt8]) -> [UInt8] {
    if bytes.starts(with: [0xFF, 0xFE]) { return utf8(of: bytes.dropFirst(2), low: 0) }
    if bytes.starts(with: [0xFE, 0xFF]) { return utf8(of: bytes.dropFirst(2), low: 1) }
    if bytes.allSatisfy({ $0 < 0x80 }) || String(validating: bytes, as: UTF8.self) != nil { return bytes }
    return mended(bytes)
  }

  /// - Parameter low: which of two bytes is the lower half.
  private static func utf8(of bytes: ArraySlice<UInt8>, low: Int) -> [UInt8] {
    let units = stride(from: bytes.startIndex, to: bytes.endIndex - 1, by: 2).map {
      UInt16(bytes[$0 + 1 - low]) << 8 | UInt16(bytes[$0 + low])
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }

  /// Takes each byte that is of no UTF-8 for a character of Windows-1252.
  private static func mended(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var (parser, rest, place) = (Unicode.UTF8.ForwardParser(), bytes.makeIterator(), 0)
    while true {
      switch parser.parseScalar(from: &rest) {
      case .valid(let scalar):
        result += scalar
        place += scalar.count
      case .error(let length):
        for byte in bytes[place..<(place + length)] { result += String(character(byte)).utf8 }
        place += length
      case .emptyInput: return result
      }
    }
  }

  private static func character(_ byte: UInt8) -> Unicode.Scalar {
    (0x80..<0xA0).contains(byte) ? windows[Int(byte) - 0x80] : Unicode.Scalar(byte)
  }

  /// 0x80 to 0x9F; what is not given stands for itself.
  private static let windows = Array(
    "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars)
}
