/// How subtitles are laid out.
struct SubtitleStyle: Sendable, Equatable {
  /// Columns in a line; a wide character takes two.
  var lineWidth = 42
  var lines = 2
  /// Whether a cue says who speaks where the speaker changes.
  var hasSpeakerLabels = false
  /// Milliseconds that a cue stays at least, where there is room before the next one.
  var shortest = 833
  /// Milliseconds after which a cue ends though more is said.
  var longest = 7000
  /// Columns a second that people read.
  var readingSpeed = 17.0
  /// Milliseconds of silence that always end a cue.
  var pause = 1000

  /// - Throws: ``JobError`` with code `configuration`.
  init(_ settings: Settings) throws {
    lineWidth = try settings.int("SUBTITLE_MAX_LINE_LENGTH", in: 2...500) ?? lineWidth
    lines = try settings.int("SUBTITLE_MAX_LINES", in: 1...20) ?? lines
    hasSpeakerLabels = try settings.flag("SUBTITLE_SPEAKER_LABELS")
  }

  init() {}
}
