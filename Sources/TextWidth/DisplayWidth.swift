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
  /// Terminals do not agree on the spacing marks of Indic scripts: some draw them in their letter's column, others, with
  /// the C library's `wcwidth`, in one of their own.
  public var greatestWidth: Int {
    displayWidth + unicodeScalars.dropFirst().count { $0.properties.generalCategory == .spacingMark }
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
