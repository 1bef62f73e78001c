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

  func padded(to columns: Int) -> String { self + String(repeating: " ", count: max(0, columns - displayWidth)) }
}
