/// Gives words and segments their speakers.
struct Speakers: Sendable {
  /// How far from a turn a word may lie and still be of its speaker, in seconds: diarization clips the ends of turns.
  static let reach = 1.0

  private let turns: [SpeechSegment]

  init(_ turns: [SpeechSegment]) { self.turns = turns.filter { $0.speaker != nil }.sorted { $0.start < $1.start } }

  /// Who speaks most between `start` and `end`, else whoever speaks nearest to it; `nil` when nobody is near.
  func speaker(from start: Double, to end: Double) -> String? {
    var shares: [String: Double] = [:]
    var nearest: (distance: Double, speaker: String)?
    for turn in turns {
      if turn.start > end + Self.reach { break }
      guard let speaker = turn.speaker else { continue }
      shares[speaker, default: 0] += turn.overlap(start, end)
      let distance = max(turn.start - end, start - turn.end, 0)
      if distance <= Self.reach, distance < nearest?.distance ?? .infinity { nearest = (distance, speaker) }
    }
    let best = shares.max { ($0.value, $1.key) < ($1.value, $0.key) }
    if let best, best.value > 0 { return best.key }
    return nearest?.speaker
  }

  /// Sets `speaker` in every word and segment where one is found.
  func assign(to transcript: inout Transcript) {
    for index in transcript.segments.indices {
      var segment = transcript.segments[index]
      segment.speaker = speaker(from: segment.start, to: segment.end) ?? segment.speaker
      for word in segment.words.indices {
        let start = segment.words[word].start ?? segment.start
        let end = segment.words[word].end ?? segment.end
        segment.words[word].speaker = speaker(from: start, to: end) ?? segment.speaker
      }
      transcript.segments[index] = segment
    }
  }
}
