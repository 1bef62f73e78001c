/// Finds where a title ends, by dropping the tags and asides between it and its limit.
struct TitleEnd {
  /// What made the limit: it decides how much a doubtful word before it is worth.
  private enum Limit {
    case year(YearChoice)
    case tag
    case nameEnd
  }

  private let name: TaggedName
  private let start: Int
  private let limitToken: Int
  private var limit: Limit

  /// - Parameters:
  ///   - limitToken: The first word that certainly is not of the title.
  ///   - year: The year of release, if the name states one.
  init(of name: TaggedName, start: Int, limitToken: Int, year: YearChoice?) {
    self.name = name
    self.start = start
    self.limitToken = limitToken
    if let year, year.titleEnd == limitToken {
      limit = .year(year)
    } else {
      limit = limitToken < name.tokens.count ? .tag : .nameEnd
    }
  }

  /// The word behind the title's last.
  mutating func token() -> Int {
    var end = limitToken
    // A copy's mark tells no more of the words before it than the name's end does.
    if case .nameEnd = limit { while let earlier = startOfCopyMark(before: end) { end = earlier } }
    end = beforeBrackets(end)
    while let earlier = startOfTag(before: end) ?? startOfAside(before: end) ?? startOfSuffix(before: end) {
      if case .nameEnd = limit { limit = .tag }
      // What says itself that a film follows is no part of the name: what stands before it describes the film, too.
      if name.tags[end - 1]?.isPhraseOfProcess == true { limit = .tag }
      end = beforeBrackets(earlier)
    }
    return end
  }

  /// Where a title would end within brackets, it ends before them: `Title (Old Hindi)`.
  private func beforeBrackets(_ end: Int) -> Int {
    guard let group = name.group(holding: end), group.tokens.lowerBound > start else { return end }
    return group.tokens.lowerBound
  }

  /// What file managers and browsers call a copy: `Title - Copy`, `Title - Copy (2)`, `Title (1)`.
  private func startOfCopyMark(before end: Int) -> Int? {
    guard end - 1 > start else { return nil }
    let last = name.tokens[end - 1]
    if last.isDashed, last.key == "copy" { return end - 1 }
    guard let group = name.group(startingAt: end - 1), group.opening == "(", last.isNumber,
      last.text.utf8.count < 3, last.text.first != "0"
    else { return nil }
    return end - 1
  }

  private func startOfTag(before end: Int) -> Int? {
    guard let tag = name.tags[end - 1], tag.tokens.upperBound == end, tag.tokens.lowerBound > start,
      !name.tokens[tag.tokens.lowerBound - 1].isDangling, isWorthDropping(tag)
    else { return nil }
    return tag.tokens.lowerBound
  }

  private func isWorthDropping(_ tag: ReleaseTag) -> Bool {
    switch (limit, tag.kind) {
    case (_, .technical), (.tag, _), (.year, .edition): true
    case (_, .quality) where TitleVocabulary.pictures.contains(name.tokens[tag.tokens.lowerBound].key): true
    case (.year, .process) where tag.isPhraseOfProcess: true
    case (.year, .quality) where TitleVocabulary.capitals.contains(name.tokens[tag.tokens.lowerBound].key): false
    case (.year(let year), .language) where year.standing == .bare: precedesYear(tag)
    case (.nameEnd, .language) where isIndian(tag) || followsLanguage(tag): true
    case (.nameEnd, .edition) where tag.tokens.count > 1: true
    case (.nameEnd, .edition), (.nameEnd, .language): isBehindDash(tag) || isSetApart(tag)
    case (.nameEnd, .process) where tag.isPhraseOfProcess: true
    case (.nameEnd, _), (.year, _): isSetApart(tag)
    }
  }

  /// Some releases put their language before the year: `Der.Titel.German.2011`.
  ///
  /// Where the language follows as well, or too little of a title would be left, it is the title's word, unless capitals
  /// set it apart or it is one of India's.
  private func precedesYear(_ tag: ReleaseTag) -> Bool {
    let isRepeated = name.tags[limitToken...].contains { $0?.kind == .language }
    let words = name.tokens[start..<tag.tokens.lowerBound].filter { !$0.isDangling }
    return !isRepeated && (words.count > 1 || isIndian(tag) || isSetApart(tag))
  }

  private func isIndian(_ tag: ReleaseTag) -> Bool {
    ReleaseVocabulary.indianLanguages.contains(name.tokens[tag.tokens.lowerBound].key)
  }

  /// Whether one language stands behind another: `Title Español Latino`.
  private func followsLanguage(_ tag: ReleaseTag) -> Bool {
    guard let other = name.tags[tag.tokens.lowerBound - 1] else { return false }
    return other.kind == .language && other.tokens.lowerBound > start
  }

  /// `Title - Extended`, `Title – German`
  private func isBehindDash(_ tag: ReleaseTag) -> Bool {
    let word = name.tokens[tag.tokens.lowerBound]
    return word.isDashed || word.gap == " – " || word.gap == " — "
  }

  /// Whether capitals set a tag apart from the words before it.
  private func isSetApart(_ tag: ReleaseTag) -> Bool {
    let words = name.tokens[tag.tokens]
    let title = name.tokens[start..<tag.tokens.lowerBound]
    return words.allSatisfy { $0.isStyled }
      || (words.allSatisfy { $0.isAllCapitals } && !title.allSatisfy { $0.isAllCapitals })
  }

  /// Brackets at the end hold an alternative title, a person or a group more often than words of the title;
  /// in names written with spaces, round ones before brackets are left alone since a person chose to write them.
  private func startOfAside(before end: Int) -> Int? {
    guard let group = name.groups.first(where: { $0.tokens.upperBound == end }),
      group.tokens.lowerBound > start
    else { return nil }
    let words = name.tokens[start..<group.tokens.lowerBound]
    if name.isJunk(group) { return group.tokens.lowerBound }
    // What an `or` is followed by is of the title, and so is what is counted.
    if words.last.map({ $0.isDangling || $0.key == "or" }) == true || isPart(group) { return nil }
    let isAside =
      isDotted(before: group) || isInAnotherScript(group, than: words)
      || words.dropFirst().contains { $0.gap.contains("/") }
      || isSignedOff(by: group, at: end) || isOtherTitle(group)
    return isAside ? group.tokens.lowerBound : nil
  }

  private func isDotted(before group: BracketGroup) -> Bool {
    let title = name.name[name.tokens[start].text.startIndex..<group.range.lowerBound]
    return !title.unicodeScalars.contains { $0 == "_" || $0.isBlank }
  }

  private func isInAnotherScript(_ group: BracketGroup, than words: ArraySlice<NameToken>) -> Bool {
    name.tokens[group.tokens].allSatisfy { $0.script == .other } && words.contains { $0.script == .latin }
  }

  /// Square brackets name a group and any brackets before a list of credits a person, but what stands before
  /// a year in brackets of its own is the title.
  private func isSignedOff(by group: BracketGroup, at end: Int) -> Bool {
    guard case .year(let year) = limit, end == limitToken else { return group.isSquare }
    return switch year.standing {
    case .bare: group.isSquare
    case .inOwnBrackets: false
    case .inSharedBrackets: true
    }
  }

  /// `Title (The Other Title) 2010`, `Title (The Other Title) 1080p`.
  private func isOtherTitle(_ group: BracketGroup) -> Bool {
    if case .nameEnd = limit { return false }
    return group.opening == "(" && name.group(holding: limitToken) == nil
  }

  /// `(Part 2)`, `(II)`
  private func isPart(_ group: BracketGroup) -> Bool {
    let words = name.tokens[group.tokens]
    return group.opening == "("
      && (words.count == 1 && words.allSatisfy { TitleVocabulary.romanNumbers.contains($0.key) }
        || words.contains { $0.isNumber && $0.text.utf8.count < 3 || TitleVocabulary.parts.contains($0.key) })
  }

  /// `Title part 2`, `Title part 2 of 2` for a film in two files, `Title-poster` for what lies beside it,
  /// `Title - site.tld` for where it is from.
  private func startOfSuffix(before end: Int) -> Int? {
    guard end - 1 > start else { return nil }
    let last = name.tokens[end - 1]
    // What anything is that lies here, as it stands in brackets: `Title - Movie`.
    if last.isDashed, ["movie", "film"].contains(last.key) { return end - 1 }
    guard case .nameEnd = limit else { return nil }
    if last.gap == "-", TitleVocabulary.extras.contains(last.key) { return end - 1 }
    if isSite(before: end) { return end - 2 }
    if last.key.hasPrefix("part"), last.key.dropFirst(4).isNumber { return end - 1 }
    if end - 4 > start, last.isNumber, name.tokens[end - 2].key == "of", name.tokens[end - 3].isNumber,
      TitleVocabulary.parts.contains(name.tokens[end - 4].key)
    {
      return end - 4
    }
    let isPart = end - 2 > start && TitleVocabulary.parts.contains(name.tokens[end - 2].key)
    return isPart && (last.isNumber || TitleVocabulary.romanNumbers.contains(last.key)) ? end - 2 : nil
  }

  /// `Title - site.tld`; but `Title - Subtitle.de` tells a language, and where dots stand for spaces two words are no site.
  private func isSite(before end: Int) -> Bool {
    guard end - 2 > start, name.siteLength(at: end - 2) == 2 else { return false }
    let dash = name.tokens[end - 2]
    return dash.isDashed && !dash.gap.contains(".") && !FileEndings.subtitleMarkers.contains(name.tokens[end - 1].key)
  }
}

extension NameToken {
  /// Whether a title cannot end here: an article, a preposition or a possessor waits for its noun.
  var isDangling: Bool {
    TitleVocabulary.dangling.contains(key) || text.hasSuffix("'s") || text.hasSuffix("’s")
  }
}
