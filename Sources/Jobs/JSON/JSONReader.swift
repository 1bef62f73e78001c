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

/// A reader over bytes. What is open lies in a list, not on the stack: threads may have little of that.
private struct JSONReader {
  static let depthLimit = 512

  private let bytes: [UInt8]
  private var index = 0
  /// The lists and objects that have begun and not ended, from the root to here.
  private var open: [Container] = []

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
  }

  mutating func document() throws(JSONSyntaxError) -> JSON {
    skipSpace()
    if index == bytes.count { throw error("the file is empty") }
    while true {
      skipSpace()
      guard let value = try valueOrOpening() else { continue }
      if let document = try put(value) { return document }
    }
  }

  /// Puts a value into what is open, and that into what is open around it, as far as things end here.
  ///
  /// - Returns: the whole document, when it has ended.
  private mutating func put(_ value: JSON) throws(JSONSyntaxError) -> JSON? {
    var value = value
    while !open.isEmpty {
      open[open.count - 1].add(value)
      skipSpace()
      if take(",") {
        try beginElement()
        return nil
      }
      guard take(open[open.count - 1].end) else {
        throw error("expected ',' or '\(open[open.count - 1].end)' in \(open[open.count - 1].value.kind)")
      }
      value = open.removeLast().value
    }
    skipSpace()
    if index < bytes.count { throw error("more text after the end of the document") }
    return value
  }

  /// The next value; `nil` when a list or object has begun, and its first element comes next.
  private mutating func valueOrOpening() throws(JSONSyntaxError) -> JSON? {
    guard let byte = peek() else { throw error("the text ends where a value was expected") }
    switch byte {
    case UInt8(ascii: "{"): return try begin(Container(isList: false))
    case UInt8(ascii: "["): return try begin(Container(isList: true))
    case UInt8(ascii: "\""):
      let literal = try stringLiteral()
      return JSONString.decode(literal).map { .string($0) } ?? .opaque(literal)
    default: return try scalar()
    }
  }

  private mutating func begin(_ container: Container) throws(JSONSyntaxError) -> JSON? {
    if open.count == Self.depthLimit { throw error("nested deeper than \(Self.depthLimit)") }
    index += 1
    skipSpace()
    if take(container.end) { return container.value }
    open.append(container)
    try beginElement()
    return nil
  }

  /// Reads up to where the element's value comes: nothing in a list, the name and colon in an object.
  private mutating func beginElement() throws(JSONSyntaxError) {
    if open[open.count - 1].isList {
      open[open.count - 1].isInElement = true
      return
    }
    skipSpace()
    guard peek() == UInt8(ascii: "\"") else { throw error("expected a member's name in quotes") }
    let literal = try stringLiteral()
    let decoded = JSONString.decode(literal)
    let name = decoded ?? String(decoding: literal, as: UTF8.self)
    open[open.count - 1].begin(name, literal: decoded == nil ? literal : nil)
    skipSpace()
    guard take(":") else { throw error("expected ':' after the name \"\(Self.printable(name))\"") }
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
    let steps = open.prefix(32).map(\.step) + (open.count > 32 ? ["…"] : [])
    return JSONSyntaxError(
      path: "$" + steps.joined(), line: line, column: column, reason: reason, isTruncated: index >= bytes.count)
  }
}

/// A list or object of which a part has been read.
private struct Container {
  let isList: Bool
  private var elements: [JSON] = []
  private var object = JSON.Object()
  /// Whether the element that comes next has begun.
  var isInElement = false
  private var name = ""
  private var literal: [UInt8]?

  init(isList: Bool) { self.isList = isList }

  var value: JSON { isList ? .array(elements) : .object(object) }

  var end: Unicode.Scalar { isList ? "]" : "}" }

  /// The way from here to the element being read, as a JSON path writes it.
  var step: String { isInElement ? isList ? "[\(elements.count)]" : ".\(name)" : "" }

  mutating func begin(_ name: String, literal: [UInt8]?) {
    (self.name, self.literal, isInElement) = (name, literal, true)
  }

  mutating func add(_ value: JSON) {
    if isList {
      elements.append(value)
    } else {
      object.members.append(.init(name: name, literal: literal, value: value))
    }
    isInElement = false
  }
}
