internal import TextWidth

/// Makes tokens of a transcript: every word with a time of its own, in order, none wider than a line.
struct TokenStream {
  let style: SubtitleStyle
  private(set) var tokens: [SubtitleToken] = []
  /// The end of the last token, in milliseconds: times never run backwards.
  private var clock = 0

  static func tokens(of transcript: Transcript, style: SubtitleStyle) -> [SubtitleToken] {
    var stream = TokenStream(style: style)
    // What others wrote may stand in another order than it is said in.
    let spoken = transcript.segments.enumerated().sorted {
      ($0.element.start, $0.offset) < ($1.element.start, $1.offset)
    }
    for (_, segment) in spoken { stream.add(segment) }
    return stream.tokens
  }

  private init(style: SubtitleStyle) { self.style = style }

  private mutating func add(_ segment: Transcript.Segment) {
    let start = Timecode(seconds: segment.start).milliseconds
    let end = max(start, Timecode(seconds: segment.end).milliseconds)
    let isSpaced = segment.isSpaced
    guard !segment.words.isEmpty else {
      addEvenly(segment.text, from: start, to: end, speaker: segment.speaker)
      return
    }
    var time = start
    for (index, word) in segment.words.enumerated() {
      let first = word.start.map { Timecode(seconds: $0).milliseconds } ?? time
      let next = segment.words[(index + 1)...].lazy.compactMap(\.start).first.map { Timecode(seconds: $0).milliseconds }
      let last = word.end.map { Timecode(seconds: $0).milliseconds } ?? min(first + 300, next ?? end)
      add(
        word.text, from: first, to: max(first, last), speaker: word.speaker ?? segment.speaker,
        isSpaced: isSpaced || index == 0)
      time = max(first, last)
    }
  }

  /// Text without word times: each piece gets its share of the time by its width.
  private mutating func addEvenly(_ text: String, from start: Int, to end: Int, speaker: String?) {
    let pieces = text.split(whereSeparator: \.isWhitespace).map(String.init)
    let total = max(1, pieces.reduce(0) { $0 + $1.displayWidth })
    var done = 0
    for piece in pieces {
      let first = start + (end - start) * done / total
      done += piece.displayWidth
      add(piece, from: first, to: start + (end - start) * done / total, speaker: speaker, isSpaced: true)
    }
  }

  private mutating func add(_ text: String, from start: Int, to end: Int, speaker: String?, isSpaced: Bool) {
    for (index, word) in SubtitleText.words(text).enumerated() {
      let isSpaced = isSpaced || index > 0
      let pieces = SubtitleText.pieces(of: word, width: style.lineWidth)
      for (number, piece) in pieces.enumerated() {
        let first = max(clock, start + (end - start) * number / pieces.count)
        let last = max(first, start + (end - start) * (number + 1) / pieces.count)
        tokens.append(
          SubtitleToken(
            text: piece, start: first, end: last, speaker: speaker, isSpaced: number == 0 ? isSpaced : false))
        clock = last
      }
    }
  }
}
