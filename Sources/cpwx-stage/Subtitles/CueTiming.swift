internal import TextWidth

/// Gives cues times that a player accepts and a person can read.
struct CueTiming: Sendable {
  let style: SubtitleStyle

  /// The cues in order, none overlapping, each at least one millisecond long, and long enough to be read where there
  /// is room before the next.
  func timed(_ cues: [Cue]) -> [Cue] {
    var result: [Cue] = []
    var clock = 0
    for cue in cues.sorted(by: { $0.start < $1.start }) {
      var cue = cue
      cue.start.milliseconds = max(clock, cue.start.milliseconds)
      cue.end.milliseconds = max(cue.start.milliseconds + 1, cue.end.milliseconds)
      clock = cue.end.milliseconds
      result.append(cue)
    }
    for index in result.indices {
      let next = index + 1 < result.count ? result[index + 1].start.milliseconds : Int.max
      let start = result[index].start.milliseconds
      let columns = result[index].lines.reduce(0) { $0 + $1.displayWidth }
      let readable = Int(Double(columns) / style.readingSpeed * 1000)
      let wanted = start + min(style.longest, max(style.shortest, readable))
      // Recognisers let a last word stand through the silence behind it.
      result[index].end.milliseconds = min(
        max(result[index].end.milliseconds, min(wanted, next)), start + max(style.longest, readable))
    }
    return result
  }
}
