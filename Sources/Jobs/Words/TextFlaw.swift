/// What keeps a file from being read as text in UTF-8: editors of other systems and cut power leave such files.
package enum TextFlaw: Error, Sendable, Equatable, CustomStringConvertible {
  /// It is in another encoding, named as `iconv` names it.
  case encoding(String)
  /// A byte 0, which no text has, is in that line, from 1.
  case zero(line: Int)
  /// A byte that is no UTF-8 is in that line, from 1.
  case noUTF8(UInt8, line: Int)

  /// What no text has, whatever its encoding; or that it is in UTF-16 or UTF-32.
  package static func any(in bytes: [UInt8]) -> TextFlaw? {
    if let encoding = wideEncoding(of: bytes) { return .encoding(encoding) }
    return bytes.firstIndex(of: 0).map { .zero(line: line(of: $0, in: bytes)) }
  }

  /// The first byte that is no UTF-8.
  package static func noUTF8(in bytes: [UInt8]) -> TextFlaw? {
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span)
      return nil
    } catch {
      let index = error.byteOffsets.lowerBound
      return .noUTF8(bytes[index], line: line(of: index, in: bytes))
    }
  }

  package var line: Int {
    switch self {
    case .encoding: 1
    case .zero(let line), .noUTF8(_, let line): line
    }
  }

  /// What it is and what was expected, without the line.
  package var description: String {
    switch self {
    case .encoding(let name): "it is text in \(name); expected UTF-8"
    case .zero: "it holds a byte 0; expected text in UTF-8"
    case .noUTF8(let byte, _):
      "it holds the byte 0x\(String(byte, radix: 16, uppercase: true)) where no UTF-8 has it; expected text in UTF-8"
    }
  }

  /// It shows by a byte-order mark, or by a 0 in each letter that is ASCII.
  private static func wideEncoding(of bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) { return "UTF-32" }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return "UTF-16" }
    let zeros = bytes.indices.filter { bytes[$0] == 0 }
    guard let first = zeros.first, zeros.count * 4 >= bytes.count else { return nil }
    guard zeros.allSatisfy({ $0 % 2 == first % 2 }) else { return nil }
    return first % 2 == 1 ? "UTF-16LE" : "UTF-16BE"
  }

  private static func line(of index: Int, in bytes: [UInt8]) -> Int { bytes[..<index].count { $0 == 0x0A } + 1 }
}

extension String {
  /// Whether it was read from bytes that are no UTF-8, and does not hold them.
  package var hasLostBytes: Bool { unicodeScalars.contains("\u{FFFD}") }
}
