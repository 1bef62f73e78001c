/// Where and why a text is no JSON.
public struct JSONSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The place in the document, as a JSON path: `$.stages.demux`.
  public var path: String
  /// Counted from 1; a column is a byte.
  public var line: Int
  public var column: Int
  public var reason: String
  /// The text ended too early: the file was cut short, or is being written.
  public var isTruncated: Bool

  public var description: String { "line \(line), column \(column), at \(path): \(reason)" }
}

extension JSON {
  /// Reads one JSON document. Nesting deeper than 512 is refused.
  public init(parsing bytes: some Sequence<UInt8>) throws(JSONSyntaxError) {
    var reader = JSONReader(Array(bytes))
    self = try reader.document()
  }
}

/// A recursive-descent reader over bytes.
private struct JSONReader {
  static let depthLimit = 512

  private let bytes: [UInt8]
  private var index = 0
  /// Member names and list indices from the root to here, for messages.
  private var path: [String] = []

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
  }

  mutating func document() throws(JSONSyntaxError) -> JSON {
    skipSpace()
    if index == bytes.count { throw error("the file is empty") }
    let value = try value()
    skipSpace()
    if index < bytes.count { throw error("more text after the end of the document") }
    return value
  }

  private mutating func value() throws(JSONSyntaxError) -> JSON {
    if path.count > Self.depthLimit { throw error("nested deeper than \(Self.depthLimit)") }
    guard let byte = peek() else { throw error("the text ends where a value was expected") }
    switch byte {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""):
      let literal = try stringLiteral()
      return JSONString.decode(literal).map { .string($0) } ?? .opaque(literal)
    default: return try scalar()
    }
  }

  private mutating func object() throws(JSONSyntaxError) -> JSON {
    index += 1
    var object = JSON.Object()
    skipSpace()
    if take("}") { return .object(object) }
    while true {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else { throw error("expected a member's name in quotes") }
      let literal = try stringLiteral()
      let decoded = JSONString.decode(literal)
      let name = decoded ?? String(decoding: literal, as: UTF8.self)
      path.append("." + name)
      skipSpace()
      guard take(":") else { throw error("expected ':' after the name \"\(Self.printable(name))\"") }
      skipSpace()
      let value = try value()
      object.members.append(.init(name: name, literal: decoded == nil ? literal : nil, value: value))
      path.removeLast()
      skipSpace()
      if take("}") { return .object(object) }
      guard take(",") else { throw error("expected ',' or '}' in an object") }
    }
  }

  private mutating func array() throws(JSONSyntaxError) -> JSON {
    index += 1
    var elements: [JSON] = []
    skipSpace()
    if take("]") { return .array(elements) }
    while true {
      path.append("[\(elements.count)]")
      skipSpace()
      elements.append(try value())
      path.removeLast()
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw error("expected ',' or ']' in a list") }
    }
  }

  /// The bytes between the quotes, escapes as they stand.
  private mutating func stringLiteral() throws(JSONSyntaxError) -> [UInt8] {
    index += 1
    let start = index
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""):
        index += 1
        return Array(bytes[start..<(index - 1)])
      case UInt8(ascii: "\\"): index += 2
      default: index += 1
      }
    }
    index = bytes.count
    throw error("the text ends inside a string")
  }

  private mutating func scalar() throws(JSONSyntaxError) -> JSON {
    let start = index
    while let byte = peek(), !Self.endsScalar(byte) { index += 1 }
    let word = String(decoding: bytes[start..<index], as: UTF8.self)
    switch word {
    case "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "NaN", "Infinity", "-Infinity": return .number(word)
    default:
      if Self.isNumber(word) { return .number(word) }
      let atEnd = index == bytes.count
      if !atEnd { index = start }
      throw error(word.isEmpty ? "expected a value" : "'\(Self.printable(word))' is no JSON value")
    }
  }

  /// The start of a text, fit for a terminal.
  private static func printable(_ text: String) -> String {
    var escaped: [UInt8] = []
    JSONString.encode(String(text.prefix(40)), into: &escaped)
    return String(decoding: escaped, as: UTF8.self)
  }

  private static func endsScalar(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"),
      UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""):
      true
    default: false
    }
  }

  private static func isNumber(_ word: String) -> Bool {
    var rest = word.utf8[...]
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    guard let first = rest.first, isDigit(first) else { return false }
    if first == UInt8(ascii: "0"), rest.count > 1, let next = rest.dropFirst().first, isDigit(next) { return false }
    rest = rest.drop(while: isDigit)
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard let next = rest.first, isDigit(next) else { return false }
      rest = rest.drop(while: isDigit)
    }
    if let sign = rest.first, sign | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
      guard let next = rest.first, isDigit(next) else { return false }
      rest = rest.drop(while: isDigit)
    }
    return rest.isEmpty
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  private func peek() -> UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  private func error(_ reason: String) -> JSONSyntaxError {
    let before = bytes[..<min(index, bytes.count)]
    let line = before.reduce(into: 1) { if $1 == 0x0A { $0 += 1 } }
    let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
    // Nobody reads a path of hundreds of steps.
    let steps = path.count > 32 ? path.prefix(32) + ["…"] : path[...]
    return JSONSyntaxError(
      path: "$" + steps.joined(), line: line, column: column, reason: reason, isTruncated: index >= bytes.count)
  }
}
