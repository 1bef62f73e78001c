internal import TextWidth

extension String {
  /// The text cut to `columns`, with an ellipsis where something is missing.
  ///
  /// On any terminal: columns are counted as the one does that takes most.
  func fitting(_ columns: Int) -> String {
    if greatestWidth <= columns { return self }
    var result = ""
    var width = 0
    for character in self {
      if width + character.greatestWidth > columns - 1 { break }
      result.append(character)
      width += character.greatestWidth
    }
    return result + "…"
  }

  /// The same, of whose beginning so much is left out: of a path the name tells most.
  func fittingAtEnd(_ columns: Int) -> String {
    if greatestWidth <= columns { return self }
    var width = 0
    let rest = reversed().prefix { character in
      width += character.greatestWidth
      return width <= columns - 1
    }
    return "…" + String(rest.reversed())
  }

  /// Lines of at most so many columns, broken at blanks where there are any; all of it on one where there is no limit.
  ///
  /// Escapes that colour words take no columns.
  ///
  /// - Parameter hanging: columns by which all lines but the first are indented.
  /// - Parameter breaking: whether a word that no line holds, as a path may be, is broken as well; no line is indented then.
  func wrapped(to columns: Int?, hanging: Int = 0, breaking: Bool = false) -> [String] {
    guard let columns, shownWidth > columns else { return [self] }
    if breaking, withoutControls == self { return wrapped(to: columns).flatMap { $0.pieces(of: columns) } }
    let indent = String(repeating: " ", count: hanging)
    var lines: [String] = []
    var (width, gap) = (0, 0)
    for word in split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
      if word.isEmpty {
        gap += 1
      } else if let line = lines.last, width + gap + word.shownWidth <= columns {
        lines[lines.count - 1] = line + String(repeating: " ", count: gap) + word
        (width, gap) = (width + gap + word.shownWidth, 1)
      } else {
        // Blanks at the beginning are an indent, at a line's end nothing.
        let begin = lines.isEmpty ? String(repeating: " ", count: gap) : indent
        lines.append(begin + word)
        (width, gap) = (begin.count + word.shownWidth, 1)
      }
    }
    return lines
  }

  /// The line, broken wherever it is full.
  private func pieces(of columns: Int) -> [String] {
    var pieces = [""]
    var width = 0
    for character in self {
      if width + character.greatestWidth > columns, width > 0 {
        pieces.append("")
        width = 0
      }
      pieces[pieces.count - 1].append(character)
      width += character.greatestWidth
    }
    return pieces
  }

  /// What is said on standard error: lines broken at words, under their own beginning, but for those that hold a command to
  /// be copied.
  func said(within columns: Int?) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
      line.contains("cpwx ")
        ? [String(line)]
        : String(line).wrapped(to: columns, hanging: line.hasPrefix("cpwx: ") ? 6 : line.prefix { $0 == " " }.count)
    }.joined(separator: "\n")
  }

  private var shownWidth: Int { withoutControls.greatestWidth }

  func padded(to columns: Int) -> String { self + String(repeating: " ", count: max(0, columns - displayWidth)) }
}
