/// Reads a few known members out of a JSON text without making a document of it.
///
/// It takes only what is plain: whatever else there may be, from escapes to members of other kinds than expected, is
/// ``Uncommon``, and is then for a reader of whole documents, ``JSON/init(parsing:leavingOut:)``, to understand or refuse.
package struct JSONSkim {
  package struct Uncommon: Error {
    package init() {}
  }

  private let scanning: JSONScanning
  private var index: Int

  /// - Parameter bytes: must stay as long as this is used.
  package init(_ bytes: UnsafeBufferPointer<UInt8>) {
    scanning = unsafe JSONScanning(bytes)
    index = scanning.endOfSpace(from: 0)
  }

  /// Goes over an object: `body` reads or skips the value of each member, and keeps no name.
  package mutating func members(_ body: (Name, inout JSONSkim) throws -> Void) throws {
    try take("{")
    if takes("}") { return }
    repeat {
      guard let name = string(), name.isPlain else { throw Uncommon() }
      try take(":")
      try body(unsafe Name(scanning[name.range]), &self)
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
    let text = unsafe scanning[literal.range]
    if literal.isPlain { return unsafe String(decoding: text, as: UTF8.self) }
    guard unsafe !text.contains(UInt8(ascii: "\\")), let valid = unsafe String(validating: text, as: UTF8.self) else {
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
    return .number(unsafe String(decoding: scanning[index..<end], as: UTF8.self))
  }

  /// Whether the text holds nothing more.
  package var isAtEnd: Bool { index == scanning.count }

  private mutating func string() -> (range: Range<Int>, isPlain: Bool)? {
    guard index < scanning.count, scanning[index] == UInt8(ascii: "\""),
      let end = scanning.endOfString(from: index + 1)
    else { return nil }
    let start = index + 1
    moveTo(end.quote + 1)
    return (start..<end.quote, end.isPlain)
  }

  private mutating func takesNull() -> Bool {
    guard index < scanning.count, scanning[index] == UInt8(ascii: "n") else { return false }
    let end = scanning.endOfScalar(from: index)
    guard scanning.holds("null", index..<end) else { return false }
    moveTo(end)
    return true
  }

  private mutating func takes(_ character: Unicode.Scalar) -> Bool {
    guard index < scanning.count, scanning[index] == UInt8(ascii: character) else { return false }
    moveTo(index + 1)
    return true
  }

  private mutating func take(_ character: Unicode.Scalar) throws {
    guard takes(character) else { throw Uncommon() }
  }

  /// To a place that a value or sign ends at, and over the space behind it.
  private mutating func moveTo(_ place: Int) { index = scanning.endOfSpace(from: place) }
}

extension JSONSkim {
  /// A member's name: ASCII, without escapes.
  @safe
  package struct Name {
    @usableFromInline let bytes: UnsafeBufferPointer<UInt8>

    fileprivate init(_ bytes: UnsafeBufferPointer<UInt8>) { unsafe self.bytes = bytes }

    package var text: String { unsafe String(decoding: bytes, as: UTF8.self) }

    /// Whether it is just that one.
    @inlinable
    @inline(__always)
    package static func == (name: Self, text: StaticString) -> Bool {
      guard unsafe name.bytes.count == text.utf8CodeUnitCount else { return false }
      let start = unsafe text.utf8Start
      var index = 0
      while unsafe index < name.bytes.count, unsafe name.bytes[index] == start[index] { index += 1 }
      return unsafe index == name.bytes.count
    }
  }
}
