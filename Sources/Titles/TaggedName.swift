/// A name's words, brackets and release tags, and what can be asked of them.
struct TaggedName {
  let name: Substring
  let tokens: [NameToken]
  let groups: [BracketGroup]
  /// The tag each word belongs to, or `nil` for the words of none.
  let tags: [ReleaseTag?]

  init(_ name: Substring) {
    let split = NameTokens(name)
    self.name = name
    tokens = split.tokens
    groups = split.groups
    tags = TagReader(split.tokens).tags()
  }

  func isTechnical(_ index: Int) -> Bool { tags[index]?.kind == .technical }

  func group(holding index: Int) -> BracketGroup? { groups.first { $0.tokens.contains(index) } }

  func group(startingAt index: Int) -> BracketGroup? { groups.first { $0.tokens.lowerBound == index } }

  /// Whether a group holds tags, a site's address or a checksum instead of words of the title.
  func isJunk(_ group: BracketGroup) -> Bool {
    let words = group.tokens
    if words.contains(where: isTechnical) || siteLength(at: words.lowerBound) > 0 { return true }
    if words.count == 1, group.isSquare, isChecksum(tokens[words.lowerBound].key) { return true }
    // What anything is that lies here: `Title (Movie)`.
    if words.count == 1, ["movie", "film"].contains(tokens[words.lowerBound].key) { return true }
    // The name of a channel, and which of the files of a film it is: `(1 of 2)`.
    if words.contains(where: { tokens[$0].text.first == "@" && tokens[$0].text.utf8.count > 1 }) { return true }
    if words.count == 3, tokens[words.lowerBound + 1].key == "of", tokens[words.lowerBound].isNumber,
      tokens[words.upperBound - 1].isNumber
    {
      return true
    }
    let namesEdition = ReleaseVocabulary.editionNouns.contains(tokens[words.upperBound - 1].key)
    if namesEdition, words.count > 1 { return true }
    let ends = [tags[words.lowerBound], tags[words.upperBound - 1]].compactMap { $0?.kind }
    return ends.count == 2 || ends.contains(.edition)
  }

  /// The number of words that make up a site's address, `www.name.tld` or `name.tld`; 0 when there is none.
  func siteLength(at index: Int) -> Int {
    let ending = index + 1
    if tokens[index].isWebAddress, index + 2 < tokens.count {
      if tokens[ending].gap == "." {
        return tokens.indices.dropFirst(index + 2).first { tokens[$0].gap == "." }.map { $0 + 1 - index } ?? 0
      }
      // Some programs put other signs for the dots: `www site tld - Title`.
      let isAddress =
        TitleVocabulary.siteEndings.contains(tokens[index + 2].key)
        || index + 3 < tokens.count && tokens[index + 3].isDashed
      return isAddress && tokens[ending].isJoined && tokens[index + 2].isJoined ? 3 : 0
    }
    guard ending < tokens.count, tokens[ending].gap == ".",
      TitleVocabulary.siteEndings.contains(tokens[ending].key)
    else { return 0 }
    let isDottedName = ending + 1 < tokens.count && tokens[ending + 1].gap == "."
    return isDottedName ? 0 : 2
  }

  private func isChecksum(_ key: String) -> Bool {
    let smallHexLetters = UInt8(ascii: "a")...UInt8(ascii: "f")
    return key.utf8.count == 8 && key.utf8.allSatisfy { isASCIIDigit($0) || smallHexLetters.contains($0) }
  }
}
