/// Where a title starts, behind what sites and release groups put in front of it.
struct TitleStart {
  let token: Int
  /// A year in brackets that stood in front of the title, or `nil`.
  let leadingYear: Int?

  init(of name: TaggedName, years: ClosedRange<Int>) {
    var index = Self.skippingPlace(at: Self.skippingCopyMark(of: name), of: name, years: years)
    var leadingYear: Int?
    while let skip = Self.junk(at: index, of: name, years: years) {
      leadingYear = skip.year ?? leadingYear
      index = skip.end
    }
    index = Self.skippingGroupPrefix(at: index, of: name)
    token = Self.skippingSeries(at: index, of: name)
    self.leadingYear = leadingYear
  }

  private static func junk(
    at index: Int, of name: TaggedName, years: ClosedRange<Int>
  ) -> (end: Int, year: Int?)? {
    guard index < name.tokens.count else { return nil }
    if let group = name.group(startingAt: index) {
      let end = group.tokens.upperBound
      guard canStartTitle(at: end, of: name, years: years, behindJunk: name.isJunk(group)) else { return nil }
      if group.tokens.count == 1, let year = name.tokens[index].fourDigits, years.contains(year) {
        return (end, year)
      }
      return name.isJunk(group) || group.isSquare ? (end, nil) : nil
    }
    if let date = dateEnd(at: index, of: name, years: years),
      canStartTitle(at: date, of: name, years: years, behindJunk: true)
    {
      return (date, name.tokens[index].fourDigits)
    }
    let channel = Self.channelEnd(at: index, of: name)
    if channel > index, canStartTitle(at: channel, of: name, years: years) { return (channel, nil) }
    if index == 0, startsWithLanguage(name), canStartTitle(at: 1, of: name, years: years) { return (1, nil) }
    let site = index + name.siteLength(at: index)
    if site > index, site < name.tokens.count {
      if name.tokens[index].isWebAddress { return (site, nil) }
      // `Fight.Club (1999)` only looks like an address.
      let isSetApart = name.tokens[site].gap.contains("-")
      if index == 0, canStartTitle(at: site, of: name, years: years, behindJunk: isSetApart) { return (site, nil) }
    }
    guard name.isTechnical(index), let tag = name.tags[index], tag.tokens.upperBound < name.tokens.count,
      index > 0 || !isAllThereIs(before: tag.tokens.upperBound, of: name, years: years) && !isWord(tag, of: name),
      index > 0 || !TechnicalPattern.isSeason(name.tokens[0].key)
    else { return nil }
    return (tag.tokens.upperBound, nil)
  }

  /// Whether a word of releases in front is the title's first: `DD.Returns`, but `DD - Title`, `MP3 1080p Title`.
  private static func isWord(_ tag: ReleaseTag, of name: TaggedName) -> Bool {
    let next = tag.tokens.upperBound
    return tag.tokens.count == 1 && TitleVocabulary.beginnings.contains(name.tokens[tag.tokens.lowerBound].key)
      && !name.tokens[next].isSetApart && name.tags[next] == nil
  }

  /// Whether a language's short name is set apart in front: `Fr - Title`.
  private static func startsWithLanguage(_ name: TaggedName) -> Bool {
    guard name.tokens.count > 1, name.tokens[1].isDashed, name.tokens[0].text.utf8.count <= 3 else { return false }
    return ReleaseVocabulary.kinds[name.tokens[0].key] == .language
  }

  /// The word behind a day in front: `2023-08-15 Title`.
  private static func dateEnd(at index: Int, of name: TaggedName, years: ClosedRange<Int>) -> Int? {
    let numbers = name.tokens[(index + 1)...].prefix(2).map { token in
      token.text.utf8.count == 2 && ["-", ".", "_"].contains(token.gap) ? Int(token.text) ?? 0 : 0
    }
    guard numbers.count == 2, (1...12).contains(numbers[0]), (1...31).contains(numbers[1]),
      name.tokens[index].isYear(in: years)
    else { return nil }
    return index + 3
  }

  /// The word behind the name of the channel that a file was shared in: `@Films_Here - Title`.
  private static func channelEnd(at index: Int, of name: TaggedName) -> Int {
    guard name.tokens[index].text.first == "@" else { return index }
    let end = name.tokens.indices.dropFirst(index + 1).first { name.tokens[$0].gap != "_" }
    return end ?? index + 1
  }

  /// Whether what begins at `index` is the year of release and what describes the release, so that the title comes before:
  /// `[REC].2007.1080p`, `VHS.2012`.
  private static func isAllThereIs(before index: Int, of name: TaggedName, years: ClosedRange<Int>) -> Bool {
    guard index < name.tokens.count, let year = name.tokens[index].fourDigits, years.contains(year),
      name.tags[index] == nil
    else { return false }
    let next = index + 1
    return next == name.tokens.count || name.tags[next] != nil || name.group(startingAt: next).map(name.isJunk) == true
  }

  /// What file managers put before the name of a copy: `Copy of Title`, `Copy (2) of Title`.
  private static func skippingCopyMark(of name: TaggedName) -> Int {
    let tokens = name.tokens
    guard tokens.first?.key == "copy" else { return 0 }
    let isNumbered = tokens.count > 1 && tokens[1].isNumber && name.group(startingAt: 1) != nil
    let preposition = isNumbered ? 2 : 1
    guard preposition + 1 < tokens.count, tokens[preposition].key == "of",
      tokens[preposition].gap.allSatisfy({ " _)".contains($0) }),
      !["a", "an"].contains(tokens[preposition + 1].key)
    else { return 0 }
    return preposition + 1
  }

  /// What collections count their films with, or the day before one: `(1) Title`, `01 - Title`, `09.03.08.Title`.
  private static func skippingPlace(at index: Int, of name: TaggedName, years: ClosedRange<Int>) -> Int {
    let tokens = name.tokens
    guard index + 1 < tokens.count, tokens[index].isNumber, tokens[index].text.utf8.count <= 2 else { return index }
    var end = index + 1
    if let group = name.group(startingAt: index) {
      guard group.opening == "(", group.tokens.count == 1 else { return index }
    } else if tokens[index].text.first == "0", !tokens[end].isDashed {
      let rest = tokens[end...].prefix(2)
      guard rest.allSatisfy({ $0.gap == "." && $0.isNumber && $0.text.utf8.count == 2 }) else { return index }
      end += rest.count
    } else if tokens[index].text.first != "0" {
      return index
    }
    return canStartTitle(at: end, of: name, years: years) ? end : index
  }

  /// Whether what follows a leading group could be the title; if not, the group is (`[REC] 2 (2009)`).
  ///
  /// - Parameters:
  ///   - behindJunk: whether the group cannot be: then a number may (`[YTS.MX] 12 Angry Men`), and what stands behind
  ///     the year.
  ///   - behindTags: whether brackets with tags come between: then others, as in `[Title][1080p][Group]`, cannot.
  private static func canStartTitle(
    at index: Int, of name: TaggedName, years: ClosedRange<Int>, behindJunk: Bool = false, behindTags: Bool = false
  ) -> Bool {
    guard index < name.tokens.count else { return false }
    if let group = name.group(startingAt: index) {
      let isYear = group.tokens.count == 1 && name.tokens[index].isYear(in: years)
      if isYear, !behindJunk { return false }
      guard isYear || name.isJunk(group) else { return behindJunk || !behindTags }
      return canStartTitle(
        at: group.tokens.upperBound, of: name, years: years, behindJunk: behindJunk, behindTags: true)
    }
    let number = name.tokens[index].text.unicodeScalars
    let isSequel =
      !behindJunk && number.count <= 2 && number.allSatisfy { $0.properties.numericType != nil }
      && (index + 1 == name.tokens.count || name.tags[index + 1] != nil
        || name.tokens.contains { $0.isYear(in: years) })
    return !isSequel && !name.isTechnical(index) && !isAllThereIs(before: index, of: name, years: years)
  }

  /// Scene files carry their group in front, in small letters: `group-the.title.1080p.bluray.x264`. Where hyphens stand
  /// between all words, they stand for spaces; and a letter alone is no title, but the end of a word with a hyphen.
  private static func skippingGroupPrefix(at index: Int, of name: TaggedName) -> Int {
    let tokens = name.tokens
    guard index + 1 < tokens.count, tokens[index + 1].gap == "-", tokens[index].text.utf8.count > 1,
      tokens[index].text.utf8.allSatisfy({ $0 < 0x80 }), !tokens[index].isNumber,
      !tokens[index + 1].isNumber || tokens[index + 1].text.utf8.count > 2,
      name.name.unicodeScalars.allSatisfy({ !$0.isCapitalLetter && !$0.isBlank }),
      !TitleVocabulary.compoundEndings.contains(tokens[index + 1].key),
      let tag = tokens.indices.dropFirst(index + 1).first(where: name.isTechnical), tag > index + 1,
      tokens[index + 1].text.utf8.count > 1 || tag > index + 2 && !tokens[index + 2].isNumber,
      !tokens[index + 2...tag].allSatisfy({ $0.gap == "-" }), !name.signsGroup(behind: tag)
    else { return index }
    var start = index + 1
    while start + 1 < tokens.count, name.tags[start]?.kind == .process { start += 1 }
    return start
  }

  /// Some collections write `Series-f21-Title`, where `f21` is the film's place in the series.
  private static func skippingSeries(at index: Int, of name: TaggedName) -> Int {
    let place = name.tokens.indices.dropFirst(index + 1).dropLast().first { position in
      let token = name.tokens[position]
      return token.gap == "-" && token.key.first == "f" && token.key.utf8.count == 3
        && token.key.dropFirst().isNumber && name.tokens[position + 1].gap == "-"
    }
    return place.map { $0 + 1 } ?? index
  }
}

extension TaggedName {
  /// Whether a release group signs behind the tags, as in `x264-GROUP`.
  fileprivate func signsGroup(behind tag: Int) -> Bool {
    tokens.indices[tag...].contains { tokens[$0].gap == "-" && tags[$0] == nil }
  }
}
