extension JSON {
  /// How a document is laid out.
  public enum Layout: Sendable {
    /// Two spaces a level and a newline at the end: the form that Python's `json.dump(indent=2)` gives manifests.
    case indented
    /// One line, no spaces, no newline.
    case compact
  }

  /// The document's bytes, UTF-8 but for what was read as not being so.
  public func bytes(_ layout: Layout = .indented) -> [UInt8] {
    var writer = JSONWriter(layout: layout)
    writer.write(self)
    return writer.output
  }

  /// The document as text, for the terminal.
  public func text(_ layout: Layout = .indented) -> String { String(decoding: bytes(layout), as: UTF8.self) }
}

/// Writes what is still to be written from a list, not by recursion: threads may have little stack.
private struct JSONWriter {
  private enum Piece {
    case text(String)
    case lineBreak(depth: Int)
    case value(JSON, depth: Int)
    case name(JSON.Object.Member)
  }

  private let layout: JSON.Layout
  private(set) var output: [UInt8] = []
  /// The next piece is the last.
  private var pending: [Piece] = []

  init(layout: JSON.Layout) { self.layout = layout }

  mutating func write(_ document: JSON) {
    pending = [.value(document, depth: 0)]
    while let piece = pending.popLast() {
      switch piece {
      case .text(let text): put(text)
      case .lineBreak(let depth): breakLine(depth)
      case .value(let value, let depth): write(value, depth)
      case .name(let member):
        quoted { output in
          if let literal = member.literal { output += literal } else { JSONString.encode(member.name, into: &output) }
        }
        put(layout == .indented ? ": " : ":")
      }
    }
    if layout == .indented { put("\n") }
  }

  private mutating func write(_ value: JSON, _ depth: Int) {
    switch value {
    case .null: put("null")
    case .bool(let flag): put(flag ? "true" : "false")
    case .number(let digits): put(digits)
    case .string(let text): quoted { JSONString.encode(text, into: &$0) }
    case .opaque(let literal): quoted { $0 += literal }
    case .array(let elements):
      put("[")
      close("]", depth, isEmpty: elements.isEmpty)
      for index in elements.indices.reversed() {
        pending.append(.value(elements[index], depth: depth + 1))
        separate(index, depth)
      }
    case .object(let object):
      put("{")
      close("}", depth, isEmpty: object.members.isEmpty)
      for index in object.members.indices.reversed() {
        pending.append(.value(object.members[index].value, depth: depth + 1))
        pending.append(.name(object.members[index]))
        separate(index, depth)
      }
    }
  }

  private mutating func close(_ closing: String, _ depth: Int, isEmpty: Bool) {
    pending.append(.text(closing))
    if !isEmpty, layout == .indented { pending.append(.lineBreak(depth: depth)) }
  }

  /// Puts what stands before an element.
  private mutating func separate(_ index: Int, _ depth: Int) {
    if layout == .indented { pending.append(.lineBreak(depth: depth + 1)) }
    if index > 0 { pending.append(.text(",")) }
  }

  private mutating func breakLine(_ depth: Int) {
    output.append(0x0A)
    output.append(contentsOf: repeatElement(0x20, count: depth * 2))
  }

  private mutating func quoted(_ body: (inout [UInt8]) -> Void) {
    output.append(UInt8(ascii: "\""))
    body(&output)
    output.append(UInt8(ascii: "\""))
  }

  private mutating func put(_ text: String) { output.append(contentsOf: text.utf8) }
}
