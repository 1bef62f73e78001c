extension String {
  /// Columns that a terminal gives the text: two for wide characters and emoji, none for marks that combine.
  var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }

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

extension Character {
  fileprivate var displayWidth: Int {
    if unicodeScalars.contains("\u{FE0F}") { return 2 }
    return min(2, unicodeScalars.reduce(0) { $0 + $1.displayWidth })
  }
}

extension Unicode.Scalar {
  /// By Unicode's East Asian Width (UAX #11) and general category.
  fileprivate var displayWidth: Int {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break
    }
    switch value {
    case 0x1100...0x115F, 0x231A...0x231B, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF,
      0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
      0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
