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

  /// `word` cut into pieces that fit a line, never inside a character as people see it.
  static func pieces(of word: String, width: Int) -> [String] {
    guard word.displayWidth > width else { return [word] }
    var pieces: [String] = []
    var piece = ""
    var used = 0
    for character in word {
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
