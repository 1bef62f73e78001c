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

/// Writes what is open from a list, not by recursion: threads may have little stack.
private struct JSONWriter {
  /// A list or object that has begun and not ended.
  private enum Container {
    case list([JSON])
    case object([JSON.Object.Member])

    var count: Int {
      switch self {
      case .list(let elements): elements.count
      case .object(let members): members.count
      }
    }
  }

  private let layout: JSON.Layout
  private(set) var output: [UInt8] = []
  /// The innermost is the last; with the place of its element that comes next.
  private var open: [(container: Container, next: Int)] = []

  init(layout: JSON.Layout) {
    self.layout = layout
    output.reserveCapacity(1024)
  }

  mutating func write(_ document: JSON) {
    put(document)
    while let (container, next) = open.last {
      if next == container.count {
        end(container)
        continue
      }
      open[open.count - 1].next += 1
      if next > 0 { output.append(UInt8(ascii: ",")) }
      breakLine()
      switch container {
      case .list(let elements): put(elements[next])
      case .object(let members):
        putName(members[next])
        put(members[next].value)
      }
    }
    if layout == .indented { output.append(0x0A) }
  }

  /// Puts a value; of a list or object its beginning.
  private mutating func put(_ value: JSON) {
    switch value {
    case .null: put("null")
    case .bool(let flag): put(flag ? "true" : "false")
    case .number(let digits): put(digits)
    case .string(let text):
      output.append(UInt8(ascii: "\""))
      JSONString.encode(text, into: &output)
      output.append(UInt8(ascii: "\""))
    case .opaque(let literal):
      output.append(UInt8(ascii: "\""))
      output += literal
      output.append(UInt8(ascii: "\""))
    case .array(let elements):
      output.append(UInt8(ascii: "["))
      open.append((.list(elements), 0))
    case .object(let object):
      output.append(UInt8(ascii: "{"))
      open.append((.object(object.members), 0))
    }
  }

  private mutating func putName(_ member: JSON.Object.Member) {
    output.append(UInt8(ascii: "\""))
    if let literal = member.literal { output += literal } else { JSONString.encode(member.name, into: &output) }
    output.append(UInt8(ascii: "\""))
    output.append(UInt8(ascii: ":"))
    if layout == .indented { output.append(0x20) }
  }

  private mutating func end(_ container: Container) {
    open.removeLast()
    if container.count > 0 { breakLine() }
    switch container {
    case .list: output.append(UInt8(ascii: "]"))
    case .object: output.append(UInt8(ascii: "}"))
    }
  }

  private mutating func breakLine() {
    guard layout == .indented else { return }
    output.append(0x0A)
    output.append(contentsOf: repeatElement(0x20, count: open.count * 2))
  }

  private mutating func put(_ text: String) { output.append(contentsOf: text.utf8) }
}
