internal import TextWidth

/// A piece of text that stays together in a line, with its time.
struct SubtitleToken: Sendable, Equatable {
  var text: String
  /// Milliseconds.
  var start: Int
  var end: Int
  var speaker: String?
  /// Whether a blank stands before it in a line.
  var isSpaced: Bool
  var width: Int

  init(text: String, start: Int, end: Int, speaker: String? = nil, isSpaced: Bool = true) {
    (self.text, self.start, self.end) = (text, start, end)
    (self.speaker, self.isSpaced) = (speaker, isSpaced)
    width = text.displayWidth
  }

  /// How good a place after it is to go on in another line or cue.
  var ending: Ending {
    switch text.last(where: { !Self.closers.contains($0) }) {
    case let last? where Self.sentenceMarks.contains(last): .sentence
    case let last? where Self.clauseMarks.contains(last): .clause
    default: .none
    }
  }

  enum Ending: Sendable { case none, clause, sentence }

  private static let closers: Set<Character> = ["\"", "'", "”", "’", "»", ")", "]", "」", "』", "）"]
  private static let sentenceMarks: Set<Character> = [".", "!", "?", "…", "।", "॥", "。", "！", "？", "؟", "۔"]
  private static let clauseMarks: Set<Character> = [",", ";", ":", "—", "–", "、", "，", "；", "：", "،", "؛"]
}
