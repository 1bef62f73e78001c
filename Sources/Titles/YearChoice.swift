/// The year of release a name states.
struct YearChoice {
  let year: Int
  /// The word the title ends before; `nil` for a year in front of the title.
  let titleEnd: Int?
  let standing: Standing

  enum Standing {
    case bare
    case inOwnBrackets
    case inSharedBrackets
  }

  /// The best of the years in a name, or `nil` when it states none.
  ///
  /// A year in brackets of its own wins, since a year of the title never stands so. Failing that, it is the
  /// last bare year before the tags, since a year in the title precedes the one of release.
  static func best(
    in name: TaggedName, start: TitleStart, before limit: Int, years: ClosedRange<Int>
  ) -> YearChoice? {
    let candidates = name.tokens.indices.dropFirst(start.token + 1).compactMap { index in
      Candidate(at: index, of: name, years: years)
    }
    let bare = candidates.filter { $0.group == nil }
    let chosen =
      candidates.first { $0.standing == .inOwnBrackets }
      ?? candidates.first { $0.isCredit && $0.index < limit }
      ?? lastBeforeTags(bare, of: name, limit: limit)
      ?? candidates.first { $0.group != nil }
      ?? bare.first
    if let chosen { return chosen.choice(start: start.token) }
    return start.leadingYear.map { YearChoice(year: $0, titleEnd: nil, standing: .inOwnBrackets) }
  }

  private static func lastBeforeTags(
    _ bare: [Candidate], of name: TaggedName, limit: Int
  ) -> Candidate? {
    let early = bare.prefix { $0.index <= limit }
    let tagged = early.first { $0.index + 1 < name.tokens.count && name.tags[$0.index + 1] != nil }
    return tagged ?? early.last
  }
}

private struct Candidate {
  let index: Int
  let year: Int
  let group: BracketGroup?
  let standing: YearChoice.Standing
  /// Whether the year shares its brackets with plain words, such as the director's name.
  let isCredit: Bool
  /// The first word of the date that the year ends, in `15.08.1975`; else the year itself.
  private let dateStart: Int

  init?(at index: Int, of name: TaggedName, years: ClosedRange<Int>) {
    let token = name.tokens[index]
    guard let year = token.fourDigits, years.contains(year), name.tags[index] == nil,
      !Self.isInRange(index, of: name.tokens),
      token.isSetApart || !TitleVocabulary.dating.contains(name.tokens[index - 1].key)
    else { return nil }
    self.index = index
    self.year = year
    group = name.group(holding: index)
    standing = group.map { $0.tokens.count == 1 ? .inOwnBrackets : .inSharedBrackets } ?? .bare
    dateStart = Self.isDate(index, of: name.tokens) ? index - 2 : index
    isCredit = standing == .inSharedBrackets && group.map(name.isJunk) == false
  }

  /// `1982-1992` is what a film is about, not when it came out.
  private static func isInRange(_ index: Int, of tokens: [NameToken]) -> Bool {
    let joinsBefore = tokens[index].gap == "-" && tokens[index - 1].fourDigits != nil
    let next = index + 1
    return joinsBefore || (next < tokens.count && tokens[next].gap == "-" && tokens[next].fourDigits != nil)
  }

  /// Two digits, a sign and two digits before it: the day and the month, in whichever order.
  private static func isDate(_ index: Int, of tokens: [NameToken]) -> Bool {
    guard index > 2, tokens[index].gap == tokens[index - 1].gap, tokens[index].gap == "." || tokens[index].gap == "-"
    else { return false }
    // `11.11.11.2011` is a film's title and its year.
    if tokens[index - 3].isNumber, tokens[index - 2].gap == tokens[index].gap { return false }
    let parts = [tokens[index - 2], tokens[index - 1]].map { $0.text.utf8.count == 2 ? Int($0.text) ?? 0 : 0 }
    return parts.allSatisfy { (1...31).contains($0) } && parts.contains { $0 <= 12 }
  }

  func choice(start: Int) -> YearChoice {
    let groupStart = group?.tokens.lowerBound ?? (dateStart > start ? dateStart : index)
    return YearChoice(year: year, titleEnd: groupStart > start ? groupStart : index, standing: standing)
  }
}
