import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import cpwx_stage

struct SubtitleGenStageTests {
  private let transcript = #"{"language": "en", "segments": [{"start": 1, "end": 2, "text": "I saw Elinore."}]}"#

  @Test func `corrected names are used, but not those of an earlier transcript`() async throws {
    let job = try TemporaryJob()
    try job.write(transcript, to: job.path("transcription/transcript.json"))
    try job.write(
      #"{"entities": [{"text": "Elinor Dashwood", "label": "PERSON", "source": "character"}]}"#,
      to: job.path("entities/pre_ner.json"))
    try await PostNERStage.run([job.folder.string], environment: job.environment)
    let corrections = try job.json("entities/post_ner.json")["corrections"]?.array
    #expect(corrections == [["from": .string("Elinore"), "to": .string("Elinor"), "segment": .int(0)]])
    try await SubtitleGenStage.run([job.folder.string], environment: job.environment)
    #expect(try job.text("subtitles/subtitles.srt") == "1\n00:00:01,000 --> 00:00:02,000\nI saw Elinor.\n")
    #expect(try job.text("en_merged/20251030-001.merged.srt") == job.text("subtitles/subtitles.srt"))

    try job.write(
      transcript.replacing("I saw Elinore.", with: "Quite another text."), to: job.path("transcription/transcript.json")
    )
    try await SubtitleGenStage.run([job.folder.string], environment: job.environment)
    #expect(try job.text("subtitles/subtitles.srt").contains("Quite another text."))
    #expect(try job.text("subtitles/subtitles.vtt").contains("00:00:01.000 --> "))
  }

  @Test(arguments: ["はい そうですよ", " そうです", "はい　そうですよ", "はい はい", "あ はい"])
  func `a blank between sentences does not part the characters of a script without blanks`(text: String) async throws {
    // As whisperx places them: each character is a word.
    let words = text.filter { !$0.isWhitespace }.enumerated().map { number, character -> JSON in
      let time = Double(number) * 0.2
      return ["word": .string(String(character)), "start": .double(time), "end": .double(time + 0.2)]
    }
    let segment: JSON = ["start": .double(0), "end": .double(2), "text": .string(text), "words": .array(words)]
    let transcript: JSON = ["language": .string("ja"), "segments": .array([segment])]
    let job = try TemporaryJob()
    try job.write(transcript.text(), to: job.path("transcription/transcript.json"))
    try await SubtitleGenStage.run([job.folder.string], environment: job.environment)
    #expect(try job.text("subtitles/subtitles.srt").contains("\n" + text.filter { !$0.isWhitespace } + "\n"))
  }

  @Test func `the settings of the layout decide it`() async throws {
    func words(_ text: String, from start: Double, by speaker: String) -> JSON {
      let words = text.split(separator: " ").enumerated().map { number, word -> JSON in
        let time = start + Double(number) * 0.4
        return [
          "word": .string(String(word)), "start": .double(time), "end": .double(time + 0.4),
          "speaker": .string(speaker),
        ]
      }
      return [
        "start": .double(start), "end": .double(start + Double(words.count) * 0.4), "text": .string(text),
        "words": .array(words),
      ]
    }
    let text = "the quick brown fox jumps over the lazy dog and then runs away from it"
    let transcript: JSON = [
      "language": .string("en"),
      "segments": .array([words(text, from: 1, by: "SPEAKER_00"), words("Who said so?", from: 20, by: "SPEAKER_01")]),
    ]
    func cues(_ settings: [String: String]) async throws -> [[String]] {
      let job = try TemporaryJob(settings)
      try job.write(transcript.text(), to: job.path("transcription/transcript.json"))
      try await SubtitleGenStage.run([job.folder.string], environment: job.environment)
      return try job.text("subtitles/subtitles.srt").split(separator: "\n\n").map { cue in
        cue.split(separator: "\n").dropFirst(2).map(String.init)
      }
    }
    func widest(_ cues: [[String]]) -> Int { cues.joined().map(\.count).max() ?? 0 }
    func tallest(_ cues: [[String]]) -> Int { cues.map(\.count).max() ?? 0 }
    let usual = try await cues([:])
    #expect(widest(usual) <= 42 && widest(usual) > 16 && tallest(usual) == 2)
    #expect(!usual.joined().joined().contains("SPEAKER"))
    #expect(try await widest(cues(["SUBTITLE_MAX_LINE_LENGTH": "16"])) <= 16)
    #expect(try await widest(cues(["SUBTITLE_MAX_LINE_LENGTH": "70", "SUBTITLE_MAX_LINES": "1"])) > 42)
    #expect(try await tallest(cues(["SUBTITLE_MAX_LINES": "1"])) == 1)
    #expect(try await tallest(cues(["SUBTITLE_MAX_LINE_LENGTH": "16", "SUBTITLE_MAX_LINES": "3"])) == 3)
    let labelled = try await cues(["SUBTITLE_SPEAKER_LABELS": "true"])
    #expect(labelled.first?.first?.hasPrefix("SPEAKER_00: ") == true)
    #expect(labelled.last?.first == "SPEAKER_01: Who said so?")
  }

  @Test(arguments: ["null", "[]", #"{"text": "hello"}"#, #"{"segments": [{"start": "1", "end": "2", "text": "a"}]}"#])
  func `what is no transcript is damaged, not empty`(text: String) async throws {
    let job = try TemporaryJob()
    try job.write(text, to: job.path("transcription/transcript.json"))
    let error = try await expectError(.damaged) {
      try await SubtitleGenStage.run([job.folder.string], environment: job.environment)
    }
    #expect(error.description.contains("$.segments"))
  }

  @Test func `without a transcript it says which stage to run`() async throws {
    let job = try TemporaryJob()
    let error = try await expectError(.io) {
      try await SubtitleGenStage.run([job.folder.string], environment: job.environment)
    }
    #expect(error.description.contains("asr"))
  }

  @Test func `a transcript that is cut short is damaged, not empty`() async throws {
    let job = try TemporaryJob()
    try job.write(String(transcript.dropLast(20)), to: job.path("transcription/transcript.json"))
    try await expectError(.damaged) {
      try await SubtitleGenStage.run([job.folder.string], environment: job.environment)
    }
  }

  @Test func `ffmpeg reads the subtitles of every script back`() async throws {
    let job = try TemporaryJob()
    var random = SplitMix64(seed: 7)
    var documents: [JSON] = []
    for _ in 0..<20 { documents += SubtitleLayoutTests.transcript(&random).segments.map(\.json) }
    let whole: JSON = ["language": .string("en"), "segments": .array(documents)]
    try job.write(whole.text(), to: job.path("transcription/transcript.json"))
    try await SubtitleGenStage.run([job.folder.string], environment: job.environment)
    let cues = try job.record("subtitle_gen").fields["metadata"]?["cues"]?.int
    for name in ["subtitles.srt", "subtitles.vtt"] {
      let copy = job.path("copy.srt")
      try await makeMedia(["-i", job.path("subtitles/\(name)").string, "-f", "srt"], copy)
      let text = try job.text("copy.srt")
      #expect(text.split(separator: "\n").count { $0.contains(" --> ") } == cues)
    }
  }
}
