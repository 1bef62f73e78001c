internal import TextWidth

extension String {
  /// The text cut to `columns`, with an ellipsis where something is missing.
  func fitting(_ columns: Int) -> String {
    if displayWidth <= columns { return self }
    var result = ""
    var width = 0
    for character in self {
      if width + character.displayWidth > columns - 1 { break }
      result.append(character)
      width += character.displayWidth
    }
    return result + "…"
  }

  func padded(to columns: Int) -> String { self + String(repeating: " ", count: max(0, columns - displayWidth)) }
}
