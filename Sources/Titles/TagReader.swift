/// Finds the release tags among a name's words.
struct TagReader {
  private let tokens: [NameToken]
  /// Capitals tell a tag from a title's word only where not everything is in capitals.
  private let capitalsTell: Bool

  init(_ tokens: [NameToken]) {
    self.tokens = tokens
    capitalsTell = tokens.contains(where: \.hasSmallLetter)
  }

  /// The tag each word belongs to, or `nil` for the words of none.
  func tags() -> [ReleaseTag?] {
    var tags = [ReleaseTag?](repeating: nil, count: tokens.count)
    var index = 0
    while index < tokens.count {
      guard let tag = phrase(at: index) ?? word(at: index) else {
        index += 1
        continue
      }
      for covered in tag.tokens { tags[covered] = tag }
      index = tag.tokens.upperBound
    }
    return tags
  }

  private func phrase(at index: Int) -> ReleaseTag? {
    func tag(_ kind: ReleaseTag.Kind, _ length: Int) -> ReleaseTag? {
      length > 0 ? ReleaseTag(kind: kind, tokens: index..<index + length) : nil
    }
    let phrases = ReleaseVocabulary.phrases[tokens[index].key]
    if let phrase = phrases?.first(where: { isNext($0.rest, behind: index) }) {
      return tag(phrase.kind, phrase.rest.count + 1)
    }
    return tag(.technical, measureLength(at: index)) ?? tag(.edition, editionLength(at: index))
      ?? namedLanguage(at: index) ?? tag(.quality, channelsLength(at: index))
  }

  private func word(at index: Int) -> ReleaseTag? {
    let token = tokens[index]
    let tag = { ReleaseTag(kind: $0, tokens: index..<index + 1) }
    if ReleaseVocabulary.networks.contains(token.key), let next = key(index + 1), next.hasPrefix("web"), index > 0 {
      return tag(.technical)
    }
    if capitalsTell, token.isAllCapitals, let kind = ReleaseVocabulary.kindsOfCapitals[token.key] {
      return tag(kind)
    }
    if let kind = ReleaseVocabulary.kinds[token.key] { return tag(kind) }
    return TechnicalPattern.matches(token.key) ? tag(.technical) : nil
  }

  private func key(_ index: Int) -> String? { index < tokens.count ? tokens[index].key : nil }

  /// The word at an index when it follows closely on the one before.
  private func joinedKey(_ index: Int) -> String? {
    guard index < tokens.count, tokens[index].isJoined else { return nil }
    return tokens[index].key
  }

  private func isNext(_ words: [String], behind index: Int) -> Bool {
    words.indices.allSatisfy { key(index + 1 + $0) == words[$0] }
  }

  /// `Ultimate Collector's Edition`, `Edition Collector`: the noun and every modifier around it, and the article before
  /// them (`Title - The Final Cut`).
  private func editionLength(at index: Int) -> Int {
    if tokens[index].key == "the", index > 0, index + 1 < tokens.count {
      let length = editionLength(at: index + 1)
      return length > 0 ? length + 1 : 0
    }
    let startsWithNoun = ReleaseVocabulary.editionNouns.contains(tokens[index].key)
    var end = startsWithNoun ? index + 1 : index
    while let key = key(end), isEditionModifier(key) { end += 1 }
    if startsWithNoun { return end > index + 1 ? end - index : 0 }
    guard end > index, let noun = key(end), ReleaseVocabulary.editionNouns.contains(noun) else { return 0 }
    return end + 1 - index
  }

  private func isEditionModifier(_ key: String) -> Bool {
    ReleaseVocabulary.editionModifiers.contains(key) || ReleaseVocabulary.kinds[key] == .edition
      || (key.hasSuffix("th") && key.dropLast(2).isNumber)
  }

  /// `23.976 FPS`, `1.4GB`, `10 bit`, `2 CD`, `CD 1`.
  private func measureLength(at index: Int) -> Int {
    let token = tokens[index]
    guard let next = joinedKey(index + 1) else { return 0 }
    guard token.isNumber else {
      return next.isNumber && next.utf8.count <= 2 && TechnicalPattern.isVolume(token.key) ? 2 : 0
    }
    // In front, nothing is measured yet: `8 Bit Christmas`.
    guard index > 0 else { return 0 }
    if TechnicalPattern.isVolume(next) {
      // In `Film 3 CD 1` the number is the title's.
      let isNumbered = joinedKey(index + 2).map { $0.isNumber && $0.utf8.count <= 2 } ?? false
      return TechnicalPattern.isCount(token.key, of: next) && !isNumbered ? 2 : 0
    }
    if TechnicalPattern.isMeasure(token.key, of: next) { return 2 }
    guard tokens[index + 1].gap == "." else { return 0 }
    let fraction = next.prefix { $0.isNumber }
    let isGlued = fraction.endIndex < next.endIndex
    let unit = isGlued ? String(next[fraction.endIndex...]) : joinedKey(index + 2) ?? ""
    return TechnicalPattern.isMeasure(token.key, fraction, of: unit) ? (isGlued ? 2 : 3) : 0
  }

  /// `Hindi Dubbed`, `Hindi Movie`, `Full Hindi Movie`, `English Subs`, `Sub Español`, `with English Subtitles`.
  private func namedLanguage(at index: Int) -> ReleaseTag? {
    if tokens[index].key == "full", index + 2 < tokens.count, namedLanguage(at: index + 1)?.kind == .language {
      return ReleaseTag(kind: .process, tokens: index..<index + 3)
    }
    if ["in", "with"].contains(tokens[index].key), index + 2 < tokens.count, let tag = namedLanguage(at: index + 1),
      tag.isPhraseOfProcess
    {
      return ReleaseTag(kind: .process, tokens: index..<tag.tokens.upperBound)
    }
    let next = key(index + 1)
    if ReleaseVocabulary.subtitles.contains(tokens[index].key), let next, ReleaseVocabulary.kinds[next] == .language {
      return ReleaseTag(kind: .process, tokens: index..<index + 2)
    }
    let isDubbed = next.map { ["dub", "dubbed"].contains($0) || ReleaseVocabulary.subtitles.contains($0) } ?? false
    guard isDubbed || next == "movie", ReleaseVocabulary.kinds[tokens[index].key] == .language else { return nil }
    return ReleaseTag(kind: isDubbed ? .process : .language, tokens: index..<index + 2)
  }

  /// `5.1`.
  private func channelsLength(at index: Int) -> Int {
    guard index + 1 < tokens.count, tokens[index + 1].gap == "." else { return 0 }
    let isCount = ["1", "2", "5", "6", "7"].contains(tokens[index].text)
    return isCount && ["0", "1"].contains(tokens[index + 1].text) ? 2 : 0
  }
}
