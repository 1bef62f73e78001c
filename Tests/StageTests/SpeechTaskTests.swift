import Engines
import Jobs
import TestSupport
import Testing

@testable import cpwx_stage

struct SpeechTaskTests {
  private func task(_ settings: [String: String]) throws -> SpeechTask {
    let job = try TemporaryJob(settings)
    return try Settings(job: job.folder, environment: job.environment).speechTask
  }

  @Test(
    arguments: [
      (["SRC_LANG": "hi", "TGT_LANG": "en"], "hi", "translate"),
      (["SRC_LANG": "en", "TGT_LANG": "en"], "en", "transcribe"),
      (["SRC_LANG": "english", "TGT_LANG": "eng"], "en", "transcribe"),
      (["SRC_LANG": "fr", "TGT_LANG": "fra"], "fr", "transcribe"),
      (["SRC_LANG": "fr"], "fr", "transcribe"),
      (["SRC_LANG": "hi", "WHISPER_LANGUAGE": "ta", "TGT_LANG": "en"], "ta", "translate"),
      (["SRC_LANG": "hi", "TGT_LANG": "en", "WHISPER_TASK": "transcribe"], "hi", "transcribe"),
      (["SRC_LANG": "fr", "TGT_LANG": "de", "WHISPER_TASK": "transcribe"], "fr", "transcribe"),
      (["SRC_LANG": "auto", "TGT_LANG": "en"], nil, "translate"),
      (["SRC_LANG": "hi", "WHISPER_TASK": "Transcribe", "TGT_LANG": "fr"], "hi", "transcribe"),
      (["SRC_LANG": "en", "WHISPER_TASK": "translate"], "en", "translate"),
    ] as [([String: String], String?, String)])
  func `the settings say what to do`(settings: [String: String], language: String?, name: String) throws {
    let task = try task(settings)
    #expect(task.language?.code == language)
    #expect(task.name == name)
  }

  @Test func `a translation into another language than English fails at once and says what can be set`() async throws {
    let error = try await expectError(.missingEngine) { _ = try task(["SRC_LANG": "hi", "TGT_LANG": "fr"]) }
    #expect(error.description.contains("no installed engine translates Hindi into French"))
    #expect(error.description.contains("TGT_LANG=en"))
  }

  @Test func `what was heard decides where the source is left open`() async throws {
    let task = try task(["SRC_LANG": "auto", "TGT_LANG": "fr"])
    try task.check(heard: Language("fr"), probability: 0.1)
    for probability in [nil, 0.5, 0.97] {
      let sure = try await expectError(.missingEngine) {
        try task.check(heard: Language("hi"), probability: probability)
      }
      #expect(sure.message.hasPrefix("no installed engine translates Hindi into French"), "\(sure)")
    }
    let guess = try await expectError(.missingEngine) { try task.check(heard: Language("la"), probability: 0.29) }
    #expect(guess.message.contains("a guess, Latin (29 %)"), "\(guess)")
    #expect(guess.remedy?.contains("Set SRC_LANG to the language that is spoken") == true, "\(guess)")
    #expect(guess.remedy?.contains("TGT_LANG=la") == true, "\(guess)")
  }

  @Test(arguments: [["WHISPER_TASK": "sing"], ["WHISPER_TASK": "translate", "TGT_LANG": "fr"]])
  func `settings that cannot be meant are refused`(settings: [String: String]) async throws {
    try await expectError(.configuration) { _ = try task(settings) }
  }

  @Test func `words get the speaker they overlap most, or the nearest`() throws {
    let speakers = Speakers([
      SpeechSegment(start: 0, end: 2, speaker: "A"), SpeechSegment(start: 2, end: 4, speaker: "B"),
    ])
    #expect(speakers.speaker(from: 1, to: 2.2) == "A")
    #expect(speakers.speaker(from: 4.5, to: 4.8) == "B")
    #expect(speakers.speaker(from: 9, to: 10) == nil)
  }

  @Test func `what a recogniser took apart is one word again`() {
    let words: [JSON] = ["an", "ill", "-disposed", "www", ".asterisk", "-40", "- Yes"].enumerated().map {
      ["word": .string($1), "start": .int($0), "end": .int($0 + 1)]
    }
    let text = "an ill -disposed www .asterisk -40 - Yes"
    var transcript = Transcript([
      "segments": .array([["start": .int(0), "end": .int(7), "text": .string(text), "words": .array(words)]])
    ])
    transcript.joinSplitWords()
    #expect(transcript.segments[0].text == "an ill-disposed www.asterisk -40 - Yes")
    #expect(transcript.segments[0].words[1].end == 3)
    #expect(transcript.json["segments"]?.array?[0]["words"]?.array?[1]["end"]?.int == 3)
  }
}
