/// Lays a transcript out as cues.
///
/// The words are cut first where a cue must end: at a change of speaker and at a pause. What lies between is divided so
/// that the sum of what is bad about all cues is least: cuts inside a sentence or a clause, cues that are too short,
/// too long, or too fast to read.
struct CueBuilder: Sendable {
  let style: SubtitleStyle
  private let breaker: LineBreaker

  init(style: SubtitleStyle) {
    self.style = style
    breaker = LineBreaker(style: style)
  }

  func cues(of transcript: Transcript) -> [Cue] {
    let tokens = TokenStream.tokens(of: transcript, style: style)
    let groups = runs(tokens).flatMap { divide($0) }
    return CueTiming(style: style).timed(
      groups.compactMap { group in
        guard let lines = breaker.lines(group[...]), let first = group.first, let last = group.last else { return nil }
        return Cue(
          start: Timecode(milliseconds: first.start), end: Timecode(milliseconds: last.end), lines: lines)
      })
  }

  /// The words between two places where a cue must end; with labels, each run of another speaker begins with one.
  private func runs(_ tokens: [SubtitleToken]) -> [[SubtitleToken]] {
    var runs: [[SubtitleToken]] = []
    var speaker: String?
    for token in tokens {
      let changes = token.speaker != nil && token.speaker != speaker
      let previous = runs.last?.last
      let isPause = previous.map { token.start - $0.end >= style.pause } ?? true
      if changes && speaker != nil || isPause { runs.append([]) }
      if changes {
        speaker = token.speaker
        if style.hasSpeakerLabels { runs[runs.count - 1] += label(token) }
      }
      runs[runs.count - 1].append(token)
    }
    return runs
  }

  private func label(_ token: SubtitleToken) -> [SubtitleToken] {
    SubtitleText.words("\(token.speaker ?? ""):").flatMap { word in
      SubtitleText.pieces(of: word, width: style.lineWidth).enumerated().map { number, piece in
        SubtitleToken(
          text: piece, start: token.start, end: token.start, speaker: token.speaker, isSpaced: number == 0)
      }
    }
  }

  private func divide(_ tokens: [SubtitleToken]) -> [[SubtitleToken]] {
    var costs = [Double](repeating: .infinity, count: tokens.count + 1)
    var starts = [Int](repeating: 0, count: tokens.count + 1)
    costs[0] = 0
    for end in 1...max(1, tokens.count) where end <= tokens.count {
      for start in stride(from: end - 1, through: 0, by: -1) {
        let group = tokens[start..<end]
        guard start == end - 1 || breaker.fits(group) && duration(group) <= style.longest else { break }
        let cost = costs[start] + cueCost(group) + (end < tokens.count ? cutCost(tokens, end) : 0)
        if cost < costs[end] {
          costs[end] = cost
          starts[end] = start
        }
      }
    }
    var groups: [[SubtitleToken]] = []
    var end = tokens.count
    while end > 0 {
      groups.append(Array(tokens[starts[end]..<end]))
      end = starts[end]
    }
    return groups.reversed()
  }

  private func duration(_ tokens: ArraySlice<SubtitleToken>) -> Int {
    (tokens.last?.end ?? 0) - (tokens.first?.start ?? 0)
  }

  /// What is bad about a cue by itself.
  private func cueCost(_ tokens: ArraySlice<SubtitleToken>) -> Double {
    let seconds = max(0.001, Double(duration(tokens)) / 1000)
    let columns = Double(tokens.reduce(0) { $0 + $1.width + ($1.isSpaced ? 1 : 0) })
    let tooShort = max(0, 1.2 - seconds) * 12
    let tooFast = max(0, columns / seconds - style.readingSpeed * 1.4) * 0.2
    let inside = tokens.dropLast().count { $0.ending == .sentence }
    return 6 + tooShort + min(tooFast, 6) + Double(inside) * 8
  }

  /// What is bad about a cut before the word at `next`.
  private func cutCost(_ tokens: [SubtitleToken], _ next: Int) -> Double {
    // A label must not stand alone.
    if style.hasSpeakerLabels, tokens[next - 1].end == tokens[0].start, tokens[next - 1].text.hasSuffix(":") {
      return 200
    }
    let pause = min(1, Double(tokens[next].start - tokens[next - 1].end) / Double(max(1, style.pause)))
    switch tokens[next - 1].ending {
    case .sentence: return 0
    case .clause: return 5 * (1 - pause)
    case .none: return (tokens[next].isSpaced ? 22 : 26) * (1 - 0.7 * pause)
    }
  }
}
