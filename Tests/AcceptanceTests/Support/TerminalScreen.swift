/// The screen of a terminal that is wide and high enough, after what a program wrote to it.
struct TerminalScreen {
  /// What stood below the cursor each time that it was erased, as lines: the pictures of a part that is drawn in place.
  private(set) var erased: [[String]] = []
  private var rows: [[Unicode.Scalar]] = [[]]
  private var (row, column) = (0, 0)

  /// The lines that it shows in the end.
  var lines: [String] { rows.map(Self.text) }

  init(showing output: String) {
    var scalars = Array(output.unicodeScalars)[...]
    while let scalar = scalars.popFirst() {
      switch scalar {
      case "\r": column = 0
      case "\n": move(down: 1)
      case "\u{1B}":
        // ESC [ NUMBERS LETTER
        let command = scalars.dropFirst().prefix { !$0.properties.isAlphabetic }
        let letter = scalars.dropFirst(1 + command.count).first
        scalars = scalars.dropFirst(2 + command.count)
        if letter == "A" { move(down: -(Int(Self.text(command)) ?? 1)) }
        if letter == "J" { eraseBelow() }
      default: put(scalar)
      }
    }
  }

  private mutating func move(down count: Int) {
    row = max(0, row + count)
    while rows.count <= row { rows.append([]) }
  }

  private mutating func put(_ scalar: Unicode.Scalar) {
    while rows[row].count < column { rows[row].append(" ") }
    rows[row].replaceSubrange(column..<min(column + 1, rows[row].count), with: [scalar])
    column += 1
  }

  private mutating func eraseBelow() {
    var picture = Array(rows[row...])
    picture[0] = Array(picture[0].dropFirst(column))
    erased.append(picture.map(Self.text))
    rows.removeSubrange((row + 1)...)
    rows[row] = Array(rows[row].prefix(column))
  }

  private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
  }
}
