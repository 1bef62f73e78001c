/// One `KEY=value` of an env file, in the pieces it was written in.
struct EnvAssignment: Sendable, Equatable {
  /// Indent and `export `.
  var prefix: [UInt8] = []
  var key: String
  /// `=` with the spaces around it.
  var separator: [UInt8] = [UInt8(ascii: "=")]
  /// The quote around the value, if any.
  var quote: UInt8?
  /// The value as written, without its quotes.
  var raw: [UInt8] = []
  /// Spaces and comment after the value.
  var suffix: [UInt8] = []
  var newline: [UInt8]

  init(prefix: [UInt8], key: String, separator: [UInt8], quote: UInt8?, raw: [UInt8], suffix: [UInt8], newline: [UInt8]) {
    (self.prefix, self.key, self.separator, self.quote) = (prefix, key, separator, quote)
    (self.raw, self.suffix, self.newline) = (raw, suffix, newline)
  }

  init(key: String, value: String, newline: [UInt8]) {
    self.key = key
    self.newline = newline
    setValue(value)
  }

  var bytes: [UInt8] {
    let mark = quote.map { [$0] } ?? []
    return prefix + Array(key.utf8) + separator + mark + raw + mark + suffix + newline
  }

  var decodedValue: String {
    switch quote {
    case UInt8(ascii: "\"")?: String(decoding: Self.unescape(raw, known: Self.doubleQuotedEscapes), as: UTF8.self)
    case UInt8(ascii: "'")?: String(decoding: Self.unescape(raw, known: Self.singleQuotedEscapes), as: UTF8.self)
    default: String(decoding: raw, as: UTF8.self)
    }
  }

  /// Writes a new value in the old one's quotes where they can hold it, else in double quotes.
  mutating func setValue(_ value: String) {
    guard value != decodedValue || raw.isEmpty else { return }
    let bytes = Array(value.utf8)
    let single = UInt8(ascii: "'")
    if quote == nil && bytes.allSatisfy(Self.needsNoQuotes) || bytes.isEmpty && quote == nil {
      raw = bytes
    } else if quote == single, !bytes.contains(single), !bytes.contains(UInt8(ascii: "\\")) {
      raw = bytes
    } else {
      quote = UInt8(ascii: "\"")
      raw = Self.escape(bytes)
    }
    // A comment that came right after an empty value must not run into the new one.
    if suffix.first == UInt8(ascii: "#") { suffix.insert(0x20, at: 0) }
  }

  private static let doubleQuotedEscapes: [UInt8: UInt8] = [
    UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09, UInt8(ascii: "\""): UInt8(ascii: "\""),
    UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "$"): UInt8(ascii: "$"), UInt8(ascii: "'"): UInt8(ascii: "'"),
  ]
  private static let singleQuotedEscapes: [UInt8: UInt8] = [
    UInt8(ascii: "'"): UInt8(ascii: "'"), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
  ]

  private static func unescape(_ raw: [UInt8], known: [UInt8: UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    while index < raw.count {
      if raw[index] == UInt8(ascii: "\\"), index + 1 < raw.count, let replacement = known[raw[index + 1]] {
        result.append(replacement)
        index += 2
      } else {
        result.append(raw[index])
        index += 1
      }
    }
    return result
  }

  private static func escape(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { byte -> [UInt8] in
      switch byte {
      case 0x0A: Array("\\n".utf8)
      case 0x0D: Array("\\r".utf8)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "$"): [UInt8(ascii: "\\"), byte]
      default: [byte]
      }
    }
  }

  private static func needsNoQuotes(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...0xFF: true
    default: "_-./:@%+,=".utf8.contains(byte)
    }
  }
}
