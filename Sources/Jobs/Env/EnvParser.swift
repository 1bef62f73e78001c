/// Splits an env file into lines and assignments, losing no byte.
struct EnvParser {
  private let bytes: [UInt8]
  private var index = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func lines() -> [EnvFile.Line] {
    var lines: [EnvFile.Line] = []
    while index < bytes.count {
      let start = index
      if let assignment = assignment() {
        lines.append(.assignment(assignment))
      } else {
        index = endOfLine(from: start)
        index += newlineLength(at: index)
        lines.append(.other(Array(bytes[start..<index])))
      }
    }
    return lines
  }

  private mutating func assignment() -> EnvAssignment? {
    let start = index
    if start == 0 { index = bytes.withoutByteOrderMark.startIndex }
    skipBlanks()
    let word = Array("export".utf8)
    if bytes[index...].starts(with: word), index + word.count < bytes.count, isBlank(bytes[index + word.count]) {
      index += word.count
      skipBlanks()
    }
    let keyStart = index
    while index < bytes.count, Self.isKeyByte(bytes[index]) { index += 1 }
    let key = bytes[keyStart..<index]
    let name = String(decoding: key, as: UTF8.self)
    guard EnvFile.isKey(name) else { return nil }
    let separatorStart = index
    skipBlanks()
    guard index < bytes.count, bytes[index] == UInt8(ascii: "=") else { return nil }
    index += 1
    let afterEquals = index
    skipBlanks()
    let prefix = Array(bytes[start..<keyStart])
    let lineEnd = endOfLine(from: index)
    let emptyValue = index == lineEnd || (index > afterEquals && bytes[index] == UInt8(ascii: "#"))
    if emptyValue {
      // `KEY=     # comment`: the spaces belong to the comment, so that a value lands beside its key.
      index = lineEnd + newlineLength(at: lineEnd)
      return EnvAssignment(
        prefix: prefix, key: name, separator: Array(bytes[separatorStart..<afterEquals]), quote: nil, raw: [],
        suffix: Array(bytes[afterEquals..<lineEnd]), newline: Array(bytes[lineEnd..<index]))
    }
    let separator = Array(bytes[separatorStart..<index])
    if let quoted = quotedValue(prefix: prefix, key: name, separator: separator) { return quoted }
    return plainValue(prefix: prefix, key: name, separator: separator, lineEnd: lineEnd)
  }

  /// A value in quotes, if the quotes close and nothing but a comment follows them on that line.
  private mutating func quotedValue(prefix: [UInt8], key: String, separator: [UInt8]) -> EnvAssignment? {
    let quote = bytes[index]
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
    var end = index + 1
    while end < bytes.count, bytes[end] != quote { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
    guard end < bytes.count else { return nil }
    let lineEnd = endOfLine(from: end + 1)
    let suffix = bytes[(end + 1)..<lineEnd]
    let afterBlanks = suffix.drop(while: isBlank)
    guard afterBlanks.isEmpty || afterBlanks.first == UInt8(ascii: "#") else { return nil }
    let raw = Array(bytes[(index + 1)..<end])
    index = lineEnd + newlineLength(at: lineEnd)
    return EnvAssignment(
      prefix: prefix, key: key, separator: separator, quote: quote, raw: raw, suffix: Array(suffix),
      newline: Array(bytes[lineEnd..<index]))
  }

  private mutating func plainValue(prefix: [UInt8], key: String, separator: [UInt8], lineEnd: Int) -> EnvAssignment {
    var end = index
    var position = index
    while position < lineEnd {
      if bytes[position] == UInt8(ascii: "#"), position > index, isBlank(bytes[position - 1]) { break }
      position += 1
      if !isBlank(bytes[position - 1]) { end = position }
    }
    let raw = Array(bytes[index..<end])
    index = lineEnd + newlineLength(at: lineEnd)
    return EnvAssignment(
      prefix: prefix, key: key, separator: separator, quote: nil, raw: raw, suffix: Array(bytes[end..<lineEnd]),
      newline: Array(bytes[lineEnd..<index]))
  }

  private mutating func skipBlanks() {
    while index < bytes.count, isBlank(bytes[index]) { index += 1 }
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  static func isKeyByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): true
    default: false
    }
  }

  /// The index of the newline that ends the line, `\n`, `\r\n` or `\r`, or the end of the file.
  private func endOfLine(from start: Int) -> Int {
    bytes[min(start, bytes.count)...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
  }

  private func newlineLength(at end: Int) -> Int {
    guard end < bytes.count else { return 0 }
    return bytes[end...].starts(with: [0x0D, 0x0A]) ? 2 : 1
  }
}
