/// One subtitle: lines on the screen for a time.
struct Cue: Sendable, Equatable {
  var start: Timecode
  var end: Timecode
  var lines: [String]
}
