/// The part of a name that is the title, and the year that goes with it.
struct TitleCut {
  let text: Substring
  let year: Int?

  init(of name: TaggedName, years: ClosedRange<Int>) {
    guard !name.tokens.isEmpty else {
      text = ""
      year = nil
      return
    }
    let start = TitleStart(of: name, years: years)
    let limit = name.firstNonTitle(behind: start.token, years: years)
    let choice = YearChoice.best(in: name, start: start, before: limit, years: years)
    var first = start.token
    if choice == nil, let leading = Self.leadingYear(at: first, of: name, limit: limit, years: years) {
      year = leading
      first += 1
    } else {
      year = choice?.year
    }
    let certainEnd = min(choice?.titleEnd ?? limit, limit, name.phraseOfProcess(behind: first) ?? limit)
    var end = TitleEnd(of: name, start: first, limitToken: certainEnd, year: choice)
    let words = name.firstOfAlternatives(first..<end.token())
    text = name.text(of: latinTitle(within: words, of: name.tokens))
  }

  /// A bare year in front, when nothing else can be the year: `2009.some.title`, `1994 - Title`.
  ///
  /// Before a mere space it is more often the title's own first word.
  private static func leadingYear(
    at start: Int, of name: TaggedName, limit: Int, years: ClosedRange<Int>
  ) -> Int? {
    guard start + 1 < limit, let year = name.tokens[start].fourDigits, years.contains(year),
      name.group(holding: start) == nil, name.tags[start + 1] == nil
    else { return nil }
    let gap = name.tokens[start + 1].gap
    return gap.hasPrefix(".") || gap.contains("-") ? year : nil
  }
}

extension TaggedName {
  /// The first word behind the title's first that cannot be of the title.
  fileprivate func firstNonTitle(behind start: Int, years: ClosedRange<Int>) -> Int {
    let word = tokens.indices.dropFirst(start + 1).first { index in
      isTechnical(index) && !isAwaited(index, years: years) || isExtrasMarker(index)
        || tokens[index].gap.hasPrefix("--") || tokens[index].isWebAddress && siteLength(at: index) > 0
    }
    let group = groups.first { $0.tokens.lowerBound > start && isJunk($0) }
    return min(word ?? tokens.count, group?.tokens.lowerBound ?? tokens.count)
  }

  /// Where words that say themselves that a film follows, or came before, begin: what is behind them describes it.
  fileprivate func phraseOfProcess(behind start: Int) -> Int? {
    let phrase = tokens.indices.dropFirst(start + 1).first { index in
      guard let tag = tags[index], tag.isPhraseOfProcess, tag.tokens.lowerBound == index else { return false }
      // `New Full Movie - Title`: what announces a film is none.
      return !tokens[index - 1].isDangling
        && !tokens[start..<index].allSatisfy { TitleVocabulary.announcing.contains($0.key) }
    }
    guard let first = phrase else { return nil }
    // `Title - New South Indian Full Movie`
    let last = tokens[start..<first].lastIndex { !TitleVocabulary.announcing.contains($0.key) } ?? start
    return last + 1 < first && tokens[last + 1].gap.utf8.count > 2 ? last + 1 : first
  }

  /// The title before the others that a name also tells: `Ladri di biciclette AKA Bicycle Thieves`, `a.k.a.`.
  fileprivate func firstOfAlternatives(_ words: Range<Int>) -> Range<Int> {
    let mark = words.dropFirst().dropLast().first { index in
      tokens[index].key == "aka"
        || index + 2 < words.upperBound && tokens[index...index + 2].map(\.key) == ["a", "k", "a"]
    }
    return words.lowerBound..<(mark ?? words.upperBound)
  }

  /// Whether a technical word is what the one before waits for, and the year is still to come: `House of VHS (2016)`.
  private func isAwaited(_ index: Int, years: ClosedRange<Int>) -> Bool {
    ["the", "a", "of"].contains(tokens[index - 1].key) && tokens[index].text.unicodeScalars.allSatisfy(\.isLetter)
      && tokens[index...].contains { $0.isYear(in: years) }
  }

  /// Collections number what comes with a film `-x02-`.
  private func isExtrasMarker(_ index: Int) -> Bool {
    let token = tokens[index]
    return token.gap.hasSuffix("-") && token.key.first == "x" && token.key.utf8.count == 3
      && token.key.dropFirst().isNumber
  }

  /// The characters the words span, brackets that lie wholly among them included.
  ///
  /// A title all in brackets behind something else stands in them for no reason of its own.
  fileprivate func text(of words: Range<Int>) -> Substring {
    var from = tokens[words.lowerBound].text.startIndex
    var to = tokens[words.upperBound - 1].text.endIndex
    if endsInInitials(words), to < name.endIndex, name.unicodeScalars[to] == "." {
      to = name.unicodeScalars.index(after: to)
    }
    let inner = groups.filter {
      words.contains($0.tokens.lowerBound) && $0.tokens.upperBound <= words.upperBound
    }
    if words.lowerBound > 0, inner.first?.tokens == words { return name[from..<to] }
    for group in inner {
      from = min(from, group.range.lowerBound)
      to = max(to, group.range.upperBound)
    }
    return name[closing(from..<to)]
  }

  /// The same with the mark of a quotation that the first or the last word is of.
  private func closing(_ range: Range<Substring.Index>) -> Range<Substring.Index> {
    let scalars = name.unicodeScalars
    guard scalars[range].count(where: quotes.contains) % 2 == 1 else { return range }
    if range.upperBound < scalars.endIndex, quotes.contains(scalars[range.upperBound]) {
      return range.lowerBound..<scalars.index(after: range.upperBound)
    }
    guard range.lowerBound > scalars.startIndex else { return range }
    let before = scalars.index(before: range.lowerBound)
    return quotes.contains(scalars[before]) ? before..<range.upperBound : range
  }

  private func endsInInitials(_ words: Range<Int>) -> Bool {
    guard words.count > 1 else { return false }
    let last = tokens[words.upperBound - 1]
    return last.gap == "." && last.text.isInitial && tokens[words.upperBound - 2].text.isInitial
  }
}
