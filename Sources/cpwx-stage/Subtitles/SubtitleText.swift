internal import TextWidth

/// Text that may stand in a subtitle file.
enum SubtitleText {
  /// The words of `text` without what no viewer can see and without what the formats take for a line of times.
  static func words(_ text: String) -> [String] {
    text.split(whereSeparator: \.isWhitespace).map { clean(String($0)) }.filter { $0.displayWidth > 0 }
  }

  /// No controls, no arrow of the formats. Joiners stay: Devanagari, Arabic and pictures need them.
  static func clean(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: continue
      default: scalars.append(scalar)
      }
    }
    return String(scalars).replacing("-->", with: "→")
  }

  /// `word` as it is where it fits a line, else cut into pieces that do, never inside a character as people see it:
  /// wherever a line of a script without blanks may be broken, and what is still too wide where the line is full.
  static func pieces(of word: String, width: Int) -> [String] {
    guard word.displayWidth > width else { return [word] }
    var units: [String] = []
    for character in word {
      if let last = units.last?.last, !LineEdge.mayBreak(last, character) {
        units[units.count - 1].append(character)
      } else {
        units.append(String(character))
      }
    }
    return units.flatMap { cut($0, width: width) }
  }

  private static func cut(_ unit: String, width: Int) -> [String] {
    var pieces: [String] = []
    var piece = ""
    var used = 0
    for character in unit {
      let wide = character.displayWidth
      if used + wide > width, !piece.isEmpty {
        pieces.append(piece)
        (piece, used) = ("", 0)
      }
      piece.append(character)
      used += wide
    }
    return piece.isEmpty ? pieces : pieces + [piece]
  }
}
