internal import Mustache

/// Escapes by bytes what HTML must not take for its own, in text and in quoted attributes.
///
/// Mustache's own escaping goes by characters, and to Swift a quote with an accent upon it is no quote.
struct Markup: MustacheContentType {
  /// The name that templates ask for it by.
  static let name = "MARKUP"

  func escapeText(_ text: String) -> String {
    if text.utf8.allSatisfy({ Self.replacements[Int($0)] == nil }) { return text }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 16)
    for byte in text.utf8 {
      if let replacement = Self.replacements[Int(byte)] { bytes += replacement } else { bytes.append(byte) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// By byte. Control characters are allowed in no HTML document.
  private static let replacements: [[UInt8]?] = (0..<256).map { byte in
    switch UInt8(byte) {
    case UInt8(ascii: "<"): Array("&lt;".utf8)
    case UInt8(ascii: ">"): Array("&gt;".utf8)
    case UInt8(ascii: "&"): Array("&amp;".utf8)
    case UInt8(ascii: "\""): Array("&quot;".utf8)
    case UInt8(ascii: "'"): Array("&#39;".utf8)
    case 0x09, 0x0A: nil
    case 0x00..<0x20, 0x7F: Array("\u{FFFD}".utf8)
    default: nil
    }
  }
}
