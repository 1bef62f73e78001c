internal import Jobs

/// The text of a file that other programs wrote, in the encodings that they use.
enum FileText {
  /// UTF-8, UTF-16 with its mark, else Windows' Latin-1, which older tools write without a word; `nil` where the file
  /// declares another encoding. UTF-8 that is broken somewhere is UTF-8 all the same, mended.
  static func decoded(_ bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      let isLittle = bytes[0] == 0xFF
      let units = stride(from: 2, to: bytes.count - 1, by: 2).map { index in
        let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
        return isLittle ? second << 8 | first : first << 8 | second
      }
      return String(decoding: units, as: UTF16.self)
    }
    let content = bytes.withoutByteOrderMark
    if let text = String(validating: content, as: UTF8.self) { return text }
    let latin = String(String.UnicodeScalarView(content.map(scalar)))
    let declared = latin.prefix(200).firstMatch(of: /encoding=["']([^"']*)["']/)?.1.lowercased() ?? "utf-8"
    switch declared {
    case "iso-8859-1", "iso-8859-15", "latin1", "windows-1252": return latin
    case "utf-8", "utf8", "us-ascii":
      let mended = String(decoding: content, as: UTF8.self)
      return mended.unicodeScalars.contains { !$0.isASCII && $0 != "\u{FFFD}" } ? mended : latin
    default: return nil
    }
  }

  private static func scalar(_ byte: UInt8) -> Unicode.Scalar {
    (0x80...0x9F).contains(byte) ? ofWindows[Int(byte) - 0x80] : Unicode.Scalar(byte)
  }

  /// What Windows has from 0x80 to 0x9F: quotes and dashes, where Latin-1 has controls.
  private static let ofWindows = Array(
    "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars)
}
