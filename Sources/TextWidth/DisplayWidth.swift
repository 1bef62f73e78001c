extension Character {
  /// How many columns it takes: 2 for the wide forms of East Asia and for pictures, 0 for what joins or steers others, 1
  /// else. Source: Unicode Standard Annex 11, East Asian Width, in blocks.
  public var displayWidth: Int {
    guard let first = unicodeScalars.first else { return 0 }
    if unicodeScalars.allSatisfy(\.isInvisible) { return 0 }
    let isPicture = first.properties.isEmojiPresentation || unicodeScalars.contains { $0.value == 0xFE0F }
    return isPicture || first.isWide ? 2 : 1
  }
}

extension Character {
  /// How many columns it takes on the terminal that takes most for it.
  ///
  /// Terminals do not agree on what is drawn together: some give spacing marks, the further letters of a conjunct and the
  /// parts of a joined picture no columns, others, with the C library's `wcwidth`, go by code points.
  public var greatestWidth: Int {
    var (sum, last) = (0, 0)
    for scalar in unicodeScalars {
      if scalar.value == 0xFE0F, last == 1 { sum += 1 }
      last = scalar.ownWidth
      sum += last
    }
    return max(displayWidth, sum)
  }
}

extension StringProtocol {
  /// Columns on the screen.
  public var displayWidth: Int {
    // Most texts are plain, and there are tables of thousands of them.
    isPlainASCII ? utf8.count : reduce(0) { $0 + $1.displayWidth }
  }

  /// Columns on the terminal that takes most.
  public var greatestWidth: Int { isPlainASCII ? utf8.count : reduce(0) { $0 + $1.greatestWidth } }

  /// Whether there is nothing in it but what ASCII can print.
  public var isPlainASCII: Bool { utf8.allSatisfy { (0x20...0x7E).contains($0) } }
}

extension Unicode.Scalar {
  /// Columns of the code point by itself.
  fileprivate var ownWidth: Int {
    switch value {
    // Vowels and finals of Hangul, which join their syllable everywhere.
    case 0x1160...0x11FF, 0xD7B0...0xD7FF: 0
    // Halves of flags.
    case 0x1F1E6...0x1F1FF: 1
    default: isInvisible ? 0 : isWide || properties.isEmojiPresentation ? 2 : 1
    }
  }

  fileprivate var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x3247, 0x3250...0x4DBF, 0x4E00...0xA4CF,
      0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60,
      0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265, 0x20000...0x3FFFD:
      true
    default: false
    }
  }

  /// Controls, marks of direction and joiners, which show nothing by themselves.
  public var isInvisible: Bool {
    switch properties.generalCategory {
    case .control, .format, .nonspacingMark, .enclosingMark, .lineSeparator, .paragraphSeparator, .surrogate: true
    default: false
    }
  }
}
