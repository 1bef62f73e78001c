/// Reads a few known members out of a JSON text without making a document of it.
///
/// It takes only what is plain: whatever else there may be, from escapes to members of other kinds than expected, is
/// ``Uncommon``, and is then for a reader of whole documents, ``JSON/init(parsing:leavingOut:)``, to understand or refuse.
package struct JSONSkim {
  package struct Uncommon: Error {
    package init() {}
  }

  /// A member's name: ASCII, without escapes.
  package typealias Name = UnsafeBufferPointer<UInt8>

  private let scanning: JSONScanning
  private var index: Int
  private var bytes: UnsafeBufferPointer<UInt8> { scanning.bytes }

  package init(_ bytes: UnsafeBufferPointer<UInt8>) {
    scanning = JSONScanning(bytes: bytes)
    index = scanning.endOfSpace(from: 0)
  }

  /// Goes over an object: `body` reads or skips the value of each member.
  package mutating func members(_ body: (Name, inout JSONSkim) throws -> Void) throws {
    try take("{")
    if takes("}") { return }
    repeat {
      guard let name = string(), name.isPlain else { throw Uncommon() }
      try take(":")
      try body(UnsafeBufferPointer(rebasing: bytes[name.range]), &self)
    } while takes(",")
    try take("}")
  }

  /// Goes over a list: `body` reads or skips each element.
  package mutating func elements(_ body: (inout JSONSkim) throws -> Void) throws {
    try take("[")
    if takes("]") { return }
    repeat { try body(&self) } while takes(",")
    try take("]")
  }

  package mutating func skip() throws {
    guard let end = scanning.endOfValue(from: index, room: 64) else { throw Uncommon() }
    moveTo(end)
  }

  /// A string, or `nil` for null.
  package mutating func text() throws -> String? {
    if takesNull() { return nil }
    guard let literal = string() else { throw Uncommon() }
    let text = UnsafeBufferPointer(rebasing: bytes[literal.range])
    if literal.isPlain { return String(decoding: text, as: UTF8.self) }
    guard !text.contains(UInt8(ascii: "\\")), let valid = String(validating: text, as: UTF8.self) else {
      throw Uncommon()
    }
    return valid
  }

  /// A number, or `nil` for null.
  package mutating func number() throws -> JSON? {
    if takesNull() { return nil }
    let end = scanning.endOfScalar(from: index)
    guard scanning.isNumber(index..<end) else { throw Uncommon() }
    defer { moveTo(end) }
    return .number(String(decoding: bytes[index..<end], as: UTF8.self))
  }

  /// Whether the text holds nothing more.
  package var isAtEnd: Bool { index == bytes.count }

  private mutating func string() -> (range: Range<Int>, isPlain: Bool)? {
    guard index < bytes.count, bytes[index] == UInt8(ascii: "\""),
      let end = scanning.endOfString(from: index + 1)
    else { return nil }
    let start = index + 1
    moveTo(end.quote + 1)
    return (start..<end.quote, end.isPlain)
  }

  private mutating func takesNull() -> Bool {
    guard index < bytes.count, bytes[index] == UInt8(ascii: "n") else { return false }
    let end = scanning.endOfScalar(from: index)
    guard bytes[index..<end].elementsEqual("null".utf8) else { return false }
    moveTo(end)
    return true
  }

  private mutating func takes(_ character: Unicode.Scalar) -> Bool {
    guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
    moveTo(index + 1)
    return true
  }

  private mutating func take(_ character: Unicode.Scalar) throws {
    guard takes(character) else { throw Uncommon() }
  }

  /// To a place that a value or sign ends at, and over the space behind it.
  private mutating func moveTo(_ place: Int) { index = scanning.endOfSpace(from: place) }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether these bytes are just that name.
  @inlinable
  @inline(__always)
  package static func == (bytes: Self, name: StaticString) -> Bool {
    guard bytes.count == name.utf8CodeUnitCount else { return false }
    let start = name.utf8Start
    var index = 0
    while index < bytes.count, bytes[index] == start[index] { index += 1 }
    return index == bytes.count
  }
}
