internal import TextWidth

/// Makes tokens of a transcript: every word with a time of its own, in order, none wider than a line.
struct TokenStream {
  let style: SubtitleStyle
  private(set) var tokens: [SubtitleToken] = []
  /// The end of the last token, in milliseconds: times never run backwards.
  private var clock = 0

  static func tokens(of transcript: Transcript, style: SubtitleStyle) -> [SubtitleToken] {
    var stream = TokenStream(style: style)
    let end = transcript.segments.map(\.end).max() ?? 0
    for (index, segment) in transcript.segments.enumerated() {
      let next = transcript.segments[(index + 1)...].first { $0.start > segment.start }
      stream.add(segment, before: next?.start, within: max(segment.end, next?.end ?? end))
    }
    return stream.tokens
  }

  private init(style: SubtitleStyle) { self.style = style }

  /// What is said in one piece.
  fileprivate struct Word {
    var text: String
    /// Milliseconds.
    var start: Int
    var end: Int
    var speaker: String?
  }

  /// - Parameters:
  ///   - next: when the next segment begins, in seconds: where no words have times, that bounds what is guessed of them, so
  ///     that one segment that is far too long does not put off all that are within it. Of two that are said at once, the
  ///     first keeps the time to be read.
  ///   - limit: the end of it and of the next segment, in seconds.
  private mutating func add(_ segment: Transcript.Segment, before next: Double?, within limit: Double) {
    let start = Timecode(seconds: segment.start).milliseconds
    let readable = segment.start + Double(segment.text.displayWidth) / style.readingSpeed
    let said = segment.words.isEmpty ? min(segment.end, max(next ?? segment.end, readable)) : segment.end
    let end = max(start, Timecode(seconds: said).milliseconds)
    let words =
      segment.words.isEmpty
      ? Self.shared(segment, from: start, to: end) : Self.words(segment, from: start, to: end, within: limit)
    if segment.isSpaced {
      addSpaced(words)
    } else {
      addUnspaced(words)
    }
  }

  /// - Parameter limit: a time far behind it, in seconds, is none: it would put off all that is said later.
  private static func words(
    _ segment: Transcript.Segment, from start: Int, to end: Int, within limit: Double
  ) -> [Word] {
    func told(_ seconds: Double?) -> Int? {
      // Recognisers let the last word end a moment after its segment.
      seconds.flatMap { $0 > limit + 1 ? nil : Timecode(seconds: $0).milliseconds }
    }
    var time = start
    return segment.words.enumerated().map { index, word in
      let first = told(word.start) ?? time
      let next = segment.words[(index + 1)...].lazy.compactMap { told($0.start) }.first
      let last = told(word.end) ?? min(first + 300, next ?? end)
      time = max(first, last)
      return Word(text: word.text, start: first, end: time, speaker: word.speaker ?? segment.speaker)
    }
  }

  /// Text without word times: each piece gets its share of the time by its width.
  private static func shared(_ segment: Transcript.Segment, from start: Int, to end: Int) -> [Word] {
    let pieces = segment.text.split(whereSeparator: \.isWhitespace).map(String.init)
    let total = max(1, pieces.reduce(0) { $0 + $1.displayWidth })
    var done = 0
    return pieces.map { piece in
      let first = start + (end - start) * done / total
      done += piece.displayWidth
      return Word(text: piece, start: first, end: start + (end - start) * done / total, speaker: segment.speaker)
    }
  }

  private mutating func addSpaced(_ words: [Word]) {
    let first = tokens.count
    for word in words {
      for text in SubtitleText.words(word.text) {
        if tokens.count > first, LineEdge.isClosing(text), append(text) { continue }
        var part = word
        part.text = text
        add(part, isSpaced: true)
      }
    }
  }

  /// Puts a mark that must not begin a line behind the last token, if the line has room for it.
  private mutating func append(_ mark: String) -> Bool {
    guard let last = tokens.last, last.width + 1 + mark.displayWidth <= style.lineWidth else { return false }
    tokens[tokens.count - 1] = SubtitleToken(
      text: "\(last.text) \(mark)", start: last.start, end: last.end, speaker: last.speaker, isSpaced: last.isSpaced)
    return true
  }

  /// Words that no blanks part: a line may be broken between any two, but a mark that must not stand at its edge goes
  /// with what it belongs to.
  private mutating func addUnspaced(_ words: [Word]) {
    var units: [(word: Int, text: Word)] = []
    for (index, word) in words.enumerated() {
      for (place, character) in word.characters.enumerated() {
        if let last = units.last?.text.text.last, let next = character.text.first,
          place == 0 ? LineEdge.forbids(last, next) : !LineEdge.mayBreak(last, next)
        {
          units[units.count - 1].text.take(character)
        } else {
          units.append((index, character))
        }
      }
    }
    var isSpaced = true
    while let first = units.first {
      let parts = units.prefix { $0.word == first.word }.map { $0.text }
      units.removeFirst(parts.count)
      let whole = parts.dropFirst().reduce(into: first.text) { $0.take($1) }
      for part in whole.text.displayWidth <= style.lineWidth ? [whole] : parts {
        add(part, isSpaced: isSpaced)
        isSpaced = false
      }
    }
  }

  private mutating func add(_ word: Word, isSpaced: Bool) {
    let pieces = SubtitleText.pieces(of: word.text, width: style.lineWidth)
    for (number, piece) in pieces.enumerated() {
      let first = max(clock, word.start + (word.end - word.start) * number / pieces.count)
      let last = max(first, word.start + (word.end - word.start) * (number + 1) / pieces.count)
      tokens.append(
        SubtitleToken(
          text: piece, start: first, end: last, speaker: word.speaker, isSpaced: number == 0 ? isSpaced : false))
      clock = last
    }
  }
}

extension TokenStream.Word {
  /// Its characters, each with a share of its time.
  fileprivate var characters: [Self] {
    let text = Array(SubtitleText.words(text).joined())
    return text.enumerated().map { index, character in
      Self(
        text: String(character), start: start + (end - start) * index / text.count,
        end: start + (end - start) * (index + 1) / text.count, speaker: speaker)
    }
  }

  /// Puts `next` behind it. The time and the speaker are those of what is said, which marks are not.
  fileprivate mutating func take(_ next: Self) {
    if !next.isMark {
      if isMark { (start, speaker) = (next.start, next.speaker) }
      end = next.end
    }
    text += next.text
  }

  private var isMark: Bool { text.allSatisfy(\.isPunctuation) }
}
