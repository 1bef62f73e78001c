/// Breaks the words of a cue into lines.
struct LineBreaker: Sendable {
  let style: SubtitleStyle

  /// The lines, of about one length and broken after punctuation where that is near; `nil` when they do not fit.
  func lines(_ tokens: ArraySlice<SubtitleToken>) -> [String]? {
    guard !tokens.isEmpty else { return nil }
    let fewest = self.fewest(tokens)
    guard fewest <= style.lines else { return nil }
    return best(tokens, count: fewest).map { range in text(tokens[range]) }
  }

  func fits(_ tokens: ArraySlice<SubtitleToken>) -> Bool { fewest(tokens) <= style.lines }

  /// The number of lines when each is filled.
  private func fewest(_ tokens: ArraySlice<SubtitleToken>) -> Int {
    var count = 1
    var used = 0
    for token in tokens {
      let more = used == 0 ? token.width : used + (token.isSpaced ? 1 : 0) + token.width
      if more > style.lineWidth, used > 0 {
        count += 1
        used = token.width
      } else {
        used = more
      }
    }
    return count
  }

  /// The ranges of exactly `count` lines whose total cost is least: the squares of what is left free, and something
  /// for each break that punctuation does not call for.
  private func best(_ tokens: ArraySlice<SubtitleToken>, count: Int) -> [Range<Int>] {
    let (first, last) = (tokens.startIndex, tokens.endIndex)
    var costs = [[Double]](repeating: [Double](repeating: .infinity, count: last - first + 1), count: count + 1)
    var starts = [[Int]](repeating: [Int](repeating: first, count: last - first + 1), count: count + 1)
    costs[0][0] = 0
    for line in 1...count {
      for end in (first + 1)...last {
        var width = 0
        for start in stride(from: end - 1, through: first, by: -1) {
          width += tokens[start].width + (start < end - 1 && tokens[start + 1].isSpaced ? 1 : 0)
          guard width <= style.lineWidth || start == end - 1 else { break }
          let free = Double(style.lineWidth - width)
          let cost = costs[line - 1][start - first] + free * free + (end < last ? breakCost(tokens, end) : 0)
          if cost < costs[line][end - first] {
            costs[line][end - first] = cost
            starts[line][end - first] = start
          }
        }
      }
    }
    var ranges: [Range<Int>] = []
    var end = last
    for line in stride(from: count, to: 0, by: -1) {
      let start = starts[line][end - first]
      ranges.append(start..<end)
      end = start
    }
    return ranges.reversed()
  }

  private func breakCost(_ tokens: ArraySlice<SubtitleToken>, _ next: Int) -> Double {
    if !tokens[next].isSpaced, tokens[next - 1].ending == .none { return 60 }
    switch tokens[next - 1].ending {
    case .sentence: return 0
    case .clause: return 20
    case .none: return 80
    }
  }

  private func text(_ tokens: ArraySlice<SubtitleToken>) -> String {
    let text = tokens.enumerated().map { ($0.offset > 0 && $0.element.isSpaced ? " " : "") + $0.element.text }.joined()
    // Pieces that stood apart may have made an arrow together.
    return SubtitleText.clean(text)
  }
}
