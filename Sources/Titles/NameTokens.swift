/// One word of a name.
struct NameToken {
  let text: Substring
  /// Lower case, without apostrophes: the form the vocabulary is written in.
  let key: String
  /// The separators between the previous word and this one.
  let gap: Substring

  var isNumber: Bool { text.isNumber }

  /// The number this word writes, when it is four digits long as years are: of any script, and with the sign for a year
  /// behind it where that is usual.
  var fourDigits: Int? {
    if text.utf8.count == 4 { return isNumber ? Int(text) : nil }
    var digits = text.unicodeScalars[...]
    if let last = digits.last, ["年", "년"].contains(last) { digits.removeLast() }
    guard digits.count == 4, digits.allSatisfy({ $0.properties.numericType == .decimal }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1.properties.numericValue ?? 0) }
  }

  /// Whether this word is one of these years.
  func isYear(in years: ClosedRange<Int>) -> Bool { fourDigits.map(years.contains) == true }

  /// Whether a site's address begins, perhaps right behind its name: `www`, `电影www`.
  var isWebAddress: Bool {
    key.hasSuffix("www") && key.unicodeScalars.dropLast(3).last.map { !$0.isASCII } ?? true
  }

  /// Whether more than what separates any two words precedes this one.
  var isSetApart: Bool { gap.utf8.count > 1 || gap.utf8.first.map { !" _.".utf8.contains($0) } ?? false }

  /// Whether this word follows the one before as closely as words of one measure do.
  var isJoined: Bool { !gap.isEmpty && !isSetApart || gap == ". " || gap == "._" }

  /// Whether a dash with separators around it precedes this word: ` - `, `_-_`.
  var isDashed: Bool { gap.utf8.count > 2 && gap.contains("-") }

  var hasSmallLetter: Bool { text.unicodeScalars.contains(where: \.isSmallLetter) }

  /// Whether every letter is a capital, as releases like to write their tags.
  var isAllCapitals: Bool { !hasSmallLetter && text.unicodeScalars.contains(where: \.isLetter) }

  /// Whether capitals stand behind small letters (`LiMiTED`), which no title does on purpose.
  var isStyled: Bool { hasSmallLetter && text.unicodeScalars.dropFirst().contains(where: \.isCapitalLetter) }
}

/// A name's words and its brackets.
struct NameTokens {
  let name: Substring
  let tokens: [NameToken]
  let groups: [BracketGroup]

  init(_ name: Substring) {
    self.name = name
    tokens = Self.words(of: name)
    var groups: [BracketGroup] = []
    for pair in outermostBracketPairs(in: name) {
      let first = tokens.firstIndex { $0.text.startIndex >= pair.lowerBound } ?? tokens.endIndex
      let last = tokens[first...].firstIndex { $0.text.startIndex >= pair.upperBound } ?? tokens.endIndex
      if first < last {
        let opening = name.unicodeScalars[pair.lowerBound]
        groups.append(BracketGroup(opening: opening, range: pair, tokens: first..<last))
      }
    }
    self.groups = groups
  }

  private static func words(of name: Substring) -> [NameToken] {
    let scalars = name.unicodeScalars
    var tokens: [NameToken] = []
    var gapStart = scalars.startIndex
    var index = scalars.startIndex
    while index < scalars.endIndex {
      guard !scalars[index].separatesWords else {
        index = scalars.index(after: index)
        continue
      }
      let end = scalars[index...].firstIndex { $0.separatesWords } ?? scalars.endIndex
      let text = Substring(scalars[index..<end])
      let gap = Substring(scalars[gapStart..<index])
      tokens.append(NameToken(text: text, key: vocabularyKey(of: text), gap: gap))
      gapStart = end
      index = end
    }
    return tokens
  }

  private static func vocabularyKey(of text: Substring) -> String {
    let lowered = text.lowercased()
    guard lowered.utf8.contains(where: { $0 >= 0x80 || $0 == UInt8(ascii: "'") }),
      lowered.unicodeScalars.contains(where: { $0 == "'" || $0 == "’" })
    else { return lowered }
    var key = String.UnicodeScalarView()
    for scalar in lowered.unicodeScalars where scalar != "'" && scalar != "’" { key.append(scalar) }
    return String(key)
  }
}
