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
  func wrapped(to columns: Int?) -> [String] {
    guard let columns else { return [self] }
    var lines: [String] = []
    for word in split(separator: " ") {
      if let line = lines.last, line.greatestWidth + 1 + word.greatestWidth <= columns {
        lines[lines.count - 1] = "\(line) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  func padded(to columns: Int) -> String { self + String(repeating: " ", count: max(0, columns - displayWidth)) }
}
