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

  init(prefix: [UInt8], key: String, separator: [UInt8], quote: UInt8?, raw: [UInt8], suffix: [UInt8], newline: [UInt8])
  {
    (self.prefix, self.key, self.separator, self.quote) = (prefix, key, separator, quote)
    (self.raw, self.suffix, self.newline) = (raw, suffix, newline)
  }

  init(key: String, value: String, newline: [UInt8]) {
    self.key = key
    self.newline = newline
    setValue(value)
  }

  /// In double quotes, without an end of its line.
  init(key: String, quoting value: String) {
    (self.key, newline, quote) = (key, [], UInt8(ascii: "\""))
    raw = EnvValue.escape(Array(value.utf8))
  }

  /// Whether the value begins with a quote that is a part of it, as nothing closes it.
  var hasOpenQuote: Bool { quote == nil && (raw.first == UInt8(ascii: "\"") || raw.first == UInt8(ascii: "'")) }

  var bytes: [UInt8] {
    let mark = quote.map { [$0] } ?? []
    return prefix + Array(key.utf8) + separator + mark + raw + mark + suffix + newline
  }

  /// The value without quotes and escapes; `${NAME}` as it stands.
  var decodedValue: String { EnvValue(raw, quote: quote).text }

  /// The value with `${NAME}` and `${NAME:-default}` filled in; single quotes keep them as they are.
  func expandedValue(_ lookup: (String) -> [UInt8]?) -> [UInt8] { EnvValue(raw, quote: quote).expanded(lookup) }

  /// Writes a new value in the old one's quotes where they hold it as it is. Else it takes single quotes, in which
  /// every reader takes it literally, and double quotes with escapes for what those cannot hold.
  mutating func setValue(_ value: String) {
    // Bytes, not texts: two spellings of one accented letter are two paths.
    guard !value.utf8.elementsEqual(decodedValue.utf8) else { return }
    raw = Array(value.utf8)
    if quote == nil && raw.allSatisfy(Self.needsNoQuotes) { return }
    if quote == UInt8(ascii: "\""), !raw.contains(where: EnvValue.needsEscape) { return }
    if raw.contains(UInt8(ascii: "'")) || raw.contains(UInt8(ascii: "\\")) {
      quote = UInt8(ascii: "\"")
      raw = EnvValue.escape(raw)
    } else {
      quote = UInt8(ascii: "'")
    }
  }

  /// Takes another file's value as it is written there, quotes and all.
  mutating func takeValue(of other: EnvAssignment) { (quote, raw) = (other.quote, other.raw) }

  private static func needsNoQuotes(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...0xFF: true
    default: "_-./:@%+,=".utf8.contains(byte)
    }
  }
}
