/// The inside of a JSON string literal, to and from text.
enum JSONString {
  /// The text of a literal (without quotes), or `nil` when it holds invalid UTF-8, an unknown escape or half a
  /// surrogate pair.
  static func decode(_ literal: some RandomAccessCollection<UInt8>) -> String? {
    guard literal.contains(UInt8(ascii: "\\")) else { return String(validating: literal, as: UTF8.self) }
    return unescaped(Array(literal))
  }

  private static func unescaped(_ literal: [UInt8]) -> String? {
    var text: [UInt8] = []
    text.reserveCapacity(literal.count)
    var index = 0
    while index < literal.count {
      let byte = literal[index]
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        index += 1
        continue
      }
      guard index + 1 < literal.count else { return nil }
      index += 2
      switch literal[index - 1] {
      case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
      case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "r"): text.append(0x0D)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "u"):
        guard let scalar = unicodeEscape(literal, &index) else { return nil }
        text.append(contentsOf: Character(scalar).utf8)
      default: return nil
      }
    }
    return String(validating: text, as: UTF8.self)
  }

  /// The text of a literal as far as there is one: what ``decode(_:)`` refuses reads as U+FFFD or as it stands.
  static func repaired(_ literal: [UInt8]) -> String {
    var text = ""
    var rest = literal[...]
    while let start = rest.firstIndex(of: UInt8(ascii: "\\")) {
      text += String(decoding: rest[..<start], as: UTF8.self)
      let escape = rest[start...]
      let single = escape.dropFirst().first == UInt8(ascii: "u") ? 6 : 2
      let length = [single, 12].first { decode(Array(escape.prefix($0))) != nil } ?? single
      text += decode(Array(escape.prefix(length))) ?? "\u{FFFD}"
      rest = escape.dropFirst(length)
    }
    return text + String(decoding: rest, as: UTF8.self)
  }

  /// Reads the digits after `\u`, and the second half of a surrogate pair where the first stands.
  private static func unicodeEscape(_ literal: [UInt8], _ index: inout Int) -> Unicode.Scalar? {
    guard let first = hexadecimal(literal, &index) else { return nil }
    guard (0xD800...0xDBFF).contains(first) else { return Unicode.Scalar(first) }
    guard index + 1 < literal.count, literal[index] == UInt8(ascii: "\\"), literal[index + 1] == UInt8(ascii: "u")
    else { return nil }
    index += 2
    guard let second = hexadecimal(literal, &index), (0xDC00...0xDFFF).contains(second) else { return nil }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
  }

  private static func hexadecimal(_ literal: [UInt8], _ index: inout Int) -> UInt32? {
    guard index + 4 <= literal.count else { return nil }
    defer { index += 4 }
    let digits = literal[index..<(index + 4)]
    guard digits.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || (($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x66) })
    else { return nil }
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  /// Appends `text` escaped, without quotes: UTF-8 as it is, only what JSON demands as escapes.
  static func encode(_ text: String, into output: inout [UInt8]) {
    var text = text
    text.withUTF8 { bytes in
      var start = 0
      for index in bytes.indices {
        let byte = unsafe bytes[index]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F else { continue }
        unsafe output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index]))
        escape(byte, into: &output)
        start = index + 1
      }
      unsafe output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start...]))
    }
  }

  private static func escape(_ byte: UInt8, into output: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""): output.append(contentsOf: "\\\"".utf8)
    case UInt8(ascii: "\\"): output.append(contentsOf: "\\\\".utf8)
    case 0x0A: output.append(contentsOf: "\\n".utf8)
    case 0x0D: output.append(contentsOf: "\\r".utf8)
    case 0x09: output.append(contentsOf: "\\t".utf8)
    default:
      let digits = String(byte, radix: 16)
      output.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
    }
  }
}
