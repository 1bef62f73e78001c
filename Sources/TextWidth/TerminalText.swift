extension String {
  /// Harmless on a terminal, whoever wrote it: without the sequences that steer terminals, without control characters other than newlines (a tab is a blank), and
  /// without the marks that turn the direction of what follows.
  public var withoutControls: String {
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return self }
    var result = String.UnicodeScalarView()
    var rest = unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar.value {
      case 0x1B: Self.skipSequence(&rest)
      case 0x0A: result.append(scalar)
      case 0x09: result.append(" ")
      case 0x00..<0x20, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069: break
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// What follows an escape, by ECMA-48: parameters up to a final byte, or a text up to its terminator.
  private static func skipSequence(_ rest: inout Substring.UnicodeScalarView) {
    switch rest.first {
    case "["?:
      rest.removeFirst()
      while let next = rest.popFirst(), !(0x40...0x7E).contains(next.value), next != "\n" {}
    case "]"?, "P"?, "X"?, "^"?, "_"?:
      while let next = rest.first, next != "\u{07}", next != "\u{1B}", next != "\n" { rest.removeFirst() }
      if rest.first == "\u{07}" { rest.removeFirst() }
    case let next? where next != "\n": rest.removeFirst()
    default: break
    }
  }

  /// The same on one line.
  public var onOneLine: String {
    if isPlainASCII { return self }
    return String(withoutControls.map { $0.isNewline ? " " : $0 })
  }
}
