internal import Engines
internal import Jobs
internal import SystemPackage

/// What is said in the film, and when: `transcription/transcript.json`. Fields that it does not know are kept.
///
/// The format is whisperx's: `segments` of `start`, `end`, `text` and `words`, with `speaker` where it is known; beside
/// them `language` (the spoken one), `text_language`, `task`, `duration`, `engine`, `model`.
struct Transcript: Sendable {
  struct Word: Sendable, Equatable {
    var fields: JSON
    var text: String
    /// Seconds; `nil` where the recogniser could not place the word.
    var start: Double?
    var end: Double?
    var speaker: String?
  }

  struct Segment: Sendable, Equatable {
    var fields: JSON
    var start: Double
    var end: Double
    var text: String
    var speaker: String?
    var words: [Word]
  }

  /// Everything but the segments.
  var document: JSON
  /// In the order in which they are said.
  var segments: [Segment]

  /// Reads a transcript; segments that have no times or text are left out. What others wrote may stand in any order.
  init(_ document: JSON) {
    self.document = document
    let listed = (document["segments"]?.array ?? []).compactMap { Segment($0) }
    segments = listed.enumerated().sorted { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }
      .map(\.element)
  }

  /// The same of a file that must hold one.
  ///
  /// - Throws: ``JobError`` with code `damaged` where it has no list of segments, or none of its segments can be read.
  init(reading document: JSON, _ file: FilePath) throws {
    self.init(document)
    let listed = document["segments"]?.array
    guard let listed, listed.isEmpty || !segments.isEmpty else {
      throw JobError(
        .damaged, file.string,
        listed == nil ? "$.segments is no list" : "$.segments[0] has no text with a start and an end in seconds",
        remedy: "Run again from asr: cpwx run FILE --from-stage asr.")
    }
  }

  /// The spoken language.
  var language: Language? { Language(document["language"]?.string) }

  /// The language of the text.
  var textLanguage: Language? {
    if let named = Language(document["text_language"]?.string) { return named }
    return document["task"]?.string == "translate" ? .english : language
  }

  var json: JSON {
    var result = document
    result["segments"] = .array(segments.map(\.json))
    return result
  }

  /// A segment a line, with times and speaker, to read.
  var table: String {
    segments.map { segment in
      let times = "[\(Timecode(seconds: segment.start)) --> \(Timecode(seconds: segment.end))]"
      return "\(times) \(segment.speaker.map { "\($0): " } ?? "")\(segment.text)\n"
    }.joined()
  }
}

extension Transcript.Segment {
  init?(_ fields: JSON) {
    guard let text = fields["text"]?.string, let start = fields["start"]?.double, let end = fields["end"]?.double,
      start.isFinite, end.isFinite
    else { return nil }
    self.init(
      fields: fields, start: start, end: end, text: text, speaker: fields["speaker"]?.string,
      words: (fields["words"]?.array ?? []).compactMap { Transcript.Word($0) })
  }

  var json: JSON {
    var result = fields
    result["text"] = .string(text)
    if let speaker { result["speaker"] = .string(speaker) }
    result["words"] = .array(words.map(\.json))
    return result
  }

  /// Whether blanks stand between the words; Chinese, Japanese and Thai have none but between sentences, or around a name.
  var isSpaced: Bool {
    let blanks = text.split(whereSeparator: \.isWhitespace).count - 1
    // Marks, and the ends of words that were taken apart, have none before them in any script.
    let begun = words.count { $0.text.first.map { $0.isLetter || $0.isNumber } ?? false }
    return words.count < 2 || blanks > 0 && blanks * 2 > begun - 1
  }

  /// Makes the text anew from the words.
  mutating func rejoin() { text = words.map(\.text).joined(separator: isSpaced ? " " : "") }
}

extension Transcript.Word {
  init?(_ fields: JSON) {
    guard let text = (fields["word"] ?? fields["text"])?.string else { return nil }
    self.init(
      fields: fields, text: text, start: fields["start"]?.double, end: fields["end"]?.double,
      speaker: fields["speaker"]?.string)
  }

  var json: JSON {
    var result = fields
    result["word"] = .string(text)
    if let speaker { result["speaker"] = .string(speaker) }
    return result
  }
}
