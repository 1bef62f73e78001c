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
  ///
  /// - Parameter omission: what need not be kept. It is checked all the same: a document is refused or not whatever is
  ///   left out of it.
  public init(parsing bytes: some Sequence<UInt8>, leavingOut omission: Omission? = nil) throws(JSONSyntaxError) {
    let bytes = Array(bytes)
    let read = unsafe bytes.withUnsafeBufferPointer { bytes in
      Result { () throws(JSONSyntaxError) in
        var reader = unsafe JSONReader(bytes, omission)
        return try reader.document()
      }
    }
    self = try read.get()
  }

  /// Members that a reader leaves out: those of these names in every entry of one member of the document.
  public struct Omission: Sendable {
    private let parent: [UInt8]
    private let names: [[UInt8]]
    /// A bit for what each name looks like at first sight: most others are told apart by it.
    private let looks: UInt64

    /// `$.PARENT.*.NAME`, for each name.
    public init(of names: [String], inEntriesOf parent: String) {
      self.parent = Array(parent.utf8)
      self.names = names.map { Array($0.utf8) }
      looks = self.names.reduce(0) { looks, name in
        unsafe name.withUnsafeBufferPointer { unsafe looks | Self.look(of: $0) }
      }
    }

    private static func look(of name: UnsafeBufferPointer<UInt8>) -> UInt64 {
      unsafe 1 << ((UInt64(name.first ?? 0) &+ UInt64(name.count) &* 31) & 63)
    }

    func isParent(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
      unsafe name.count == parent.count && parent.elementsEqual(name)
    }

    func holds(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
      unsafe looks & Self.look(of: name) != 0
        && names.contains { unsafe $0.count == name.count && $0.elementsEqual(name) }
    }
  }
}

/// A reader over bytes. What is open lies in a list, not on the stack: threads may have little of that.
///
/// What has been read of all open lists and objects lies in one list too, so that each takes memory once, when it ends.
private struct JSONReader: ~Copyable {
  static let depthLimit = 512

  private let scanning: JSONScanning
  private var index = 0
  /// The lists and objects that have begun and not ended, from the root to here.
  private var open: [Container] = []
  /// The elements of what is open, those of the innermost at the end; a list's have no names.
  private var elements = MemberStack()
  /// Names that have been read: those of one stage come again in the next.
  private var known = KnownNames()
  private let omission: JSON.Omission?
  /// Whether what is read now is in the member from whose entries something is left out.
  private var isInParent = false
  /// Whether what is read now is left out.
  private var omits = false

  init(_ bytes: UnsafeBufferPointer<UInt8>, _ omission: JSON.Omission?) {
    self.omission = omission
    scanning = unsafe JSONScanning(bytes)
    open.reserveCapacity(16)
    if unsafe bytes.starts(with: byteOrderMark) { index = byteOrderMark.count }
  }

  mutating func document() throws(JSONSyntaxError) -> JSON {
    skipSpace()
    if index == scanning.count { throw error("the file is empty") }
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
      if omits, open.count == Self.entryDepth {
        omits = false
        elements.pop()
      } else {
        elements.setLast(value)
      }
      open[open.count - 1].isInElement = false
      skipSpace()
      if take(",") {
        try beginElement()
        return nil
      }
      guard take(open[open.count - 1].end) else {
        let container = open[open.count - 1]
        throw error("expected ',' or '\(container.end)' in \(container.isList ? "a list" : "an object")")
      }
      value = endContainer()
    }
    skipSpace()
    if index < scanning.count { throw error("more text after the end of the document") }
    return value
  }

  /// Takes the innermost container's elements together.
  private mutating func endContainer() -> JSON {
    let container = open.removeLast()
    let members = elements.take(from: container.start)
    if omits { return .null }
    if container.isList { return .array(members.map(\.value)) }
    var object = JSON.Object()
    object.members = members
    return .object(object)
  }

  /// The next value; `nil` when a list or object has begun, and its first element comes next.
  private mutating func valueOrOpening() throws(JSONSyntaxError) -> JSON? {
    guard let byte = peek() else { throw error("the text ends where a value was expected") }
    if omits, open.count == Self.entryDepth,
      let end = scanning.endOfValue(from: index, room: Self.depthLimit - open.count)
    {
      index = end
      return .null
    }
    switch byte {
    case UInt8(ascii: "{"): return try begin(Container(isList: false, start: elements.count))
    case UInt8(ascii: "["): return try begin(Container(isList: true, start: elements.count))
    case UInt8(ascii: "\""):
      let literal = try stringLiteral()
      if omits { return .null }
      return unsafe text(literal).map { .string($0) } ?? .opaque(Array(scanning[literal.range]))
    default: return try scalar()
    }
  }

  private mutating func begin(_ container: Container) throws(JSONSyntaxError) -> JSON? {
    if open.count == Self.depthLimit { throw error("nested deeper than \(Self.depthLimit)") }
    index += 1
    skipSpace()
    if take(container.end) { return container.isList ? .array([]) : .object(.init()) }
    open.append(container)
    try beginElement()
    return nil
  }

  /// Reads up to where the element's value comes: nothing in a list, the name and colon in an object.
  private mutating func beginElement() throws(JSONSyntaxError) {
    if open[open.count - 1].isList {
      open[open.count - 1].isInElement = true
      elements.push(.init(name: "", literal: nil, value: .null))
      return
    }
    skipSpace()
    guard peek() == UInt8(ascii: "\"") else { throw error("expected a member's name in quotes") }
    let literal = try stringLiteral()
    if open.count == 1, let omission {
      isInParent = unsafe omission.isParent(scanning[literal.range])
    }
    if isInParent, open.count == Self.entryDepth, isOmitted(literal) { omits = true }
    let decoded = literal.isPlain ? known.name(literal.range, of: scanning) : text(literal)
    let name = unsafe decoded ?? String(decoding: scanning[literal.range], as: UTF8.self)
    unsafe elements.push(
      .init(name: name, literal: decoded == nil ? Array(scanning[literal.range]) : nil, value: .null))
    open[open.count - 1].isInElement = true
    skipSpace()
    guard take(":") else { throw error("expected ':' after the name \"\(Self.printable(name))\"") }
  }

  /// Where the members of an entry are: `$`, the parent and the entry have begun.
  private static let entryDepth = 3

  private func isOmitted(_ name: Literal) -> Bool {
    unsafe omission?.holds(scanning[name.range]) ?? false
  }

  /// A string as it stands in the text: where the bytes between its quotes are, and whether it is ASCII without escapes.
  private typealias Literal = (range: Range<Int>, isPlain: Bool)

  private mutating func stringLiteral() throws(JSONSyntaxError) -> Literal {
    let start = index + 1
    guard let end = scanning.endOfString(from: start) else {
      index = scanning.count
      throw error("the text ends inside a string")
    }
    index = end.quote + 1
    return (start..<end.quote, end.isPlain)
  }

  /// The text of a literal; `nil` when no `String` can carry it.
  private func text(_ literal: Literal) -> String? {
    let bytes = unsafe scanning[literal.range]
    return unsafe literal.isPlain ? String(decoding: bytes, as: UTF8.self) : JSONString.decode(bytes)
  }

  private mutating func scalar() throws(JSONSyntaxError) -> JSON {
    let start = index
    index = scanning.endOfScalar(from: start)
    let isNumber = scanning.isNumber(start..<index)
    if omits, isNumber { return .null }
    let word = unsafe String(decoding: scanning[start..<index], as: UTF8.self)
    if isNumber { return .number(word) }
    switch word {
    case "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "NaN", "Infinity", "-Infinity": return .number(word)
    default:
      let atEnd = index == scanning.count
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

  private func peek() -> UInt8? { index < scanning.count ? scanning[index] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  private mutating func skipSpace() {
    index = scanning.endOfSpace(from: index)
  }

  private func error(_ reason: String) -> JSONSyntaxError {
    let before = unsafe scanning[0..<min(index, scanning.count)]
    let line = unsafe before.reduce(into: 1) { if $1 == 0x0A { $0 += 1 } }
    let column = unsafe before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
    // Nobody reads a path of hundreds of steps.
    let steps = open.indices.prefix(32).map { step(of: $0) } + (open.count > 32 ? ["…"] : [])
    return JSONSyntaxError(
      path: "$" + steps.joined(), line: line, column: column, reason: reason, isTruncated: index >= scanning.count)
  }

  /// The way from a container to its element that is being read, as a JSON path writes it.
  private func step(of depth: Int) -> String {
    let container = open[depth]
    guard container.isInElement else { return "" }
    let last = (depth + 1 < open.count ? open[depth + 1].start : elements.count) - 1
    return container.isList ? "[\(last - container.start)]" : ".\(elements.name(at: last))"
  }
}

/// A list or object of which a part has been read.
private struct Container {
  let isList: Bool
  /// The place of its first element among those of all that is open.
  let start: Int
  /// Whether the element that comes next has begun.
  var isInElement = false

  var end: Unicode.Scalar { isList ? "]" : "}" }
}
