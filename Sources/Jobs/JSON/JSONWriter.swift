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
    writer.write(self, depth: 0)
    if layout == .indented { writer.output.append(0x0A) }
    return writer.output
  }

  /// The document as text, for the terminal.
  public func text(_ layout: Layout = .indented) -> String { String(decoding: bytes(layout), as: UTF8.self) }
}

private struct JSONWriter {
  let layout: JSON.Layout
  var output: [UInt8] = []

  mutating func write(_ value: JSON, depth: Int) {
    switch value {
    case .null: put("null")
    case .bool(let flag): put(flag ? "true" : "false")
    case .number(let digits): put(digits)
    case .string(let text): quoted { JSONString.encode(text, into: &$0) }
    case .opaque(let literal): quoted { $0.append(contentsOf: literal) }
    case .array(let elements):
      list(elements, open: "[", close: "]", depth: depth) { $0.write($1, depth: depth + 1) }
    case .object(let object):
      list(object.members, open: "{", close: "}", depth: depth) { writer, member in
        writer.quoted { output in
          if let literal = member.literal {
            output.append(contentsOf: literal)
          } else {
            JSONString.encode(member.name, into: &output)
          }
        }
        writer.put(writer.layout == .indented ? ": " : ":")
        writer.write(member.value, depth: depth + 1)
      }
    }
  }

  private mutating func list<Element>(
    _ elements: [Element], open: String, close: String, depth: Int, write: (inout JSONWriter, Element) -> Void
  ) {
    put(open)
    for (index, element) in elements.enumerated() {
      if index > 0 { put(",") }
      breakLine(depth + 1)
      write(&self, element)
    }
    if !elements.isEmpty { breakLine(depth) }
    put(close)
  }

  private mutating func breakLine(_ depth: Int) {
    guard layout == .indented else { return }
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
