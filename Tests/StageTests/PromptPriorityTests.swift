import Jobs
import SystemPackage
import Testing

@testable import cpwx_stage

struct PromptPriorityTests {
  @Test func `the four sources win in the documented order`() throws {
    let job = try TemporaryJob(film: "in/Sholay (1975).mkv", title: "Sholay")
    let entities = #"{"entities": [{"text": "Gabbar Singh", "label": "PERSON", "source": "cast"}]}"#
    try job.write(entities, to: job.path("pre_ner/entities.json"))
    func found() throws -> InitialPrompt? {
      let context = try StageContext(stage: "asr", job: job.folder, environment: job.environment)
      return InitialPrompt.find(in: job.folder, names: context.movieNames)
    }
    #expect(try found()?.source == .entities)
    #expect(try found()?.text == "Gabbar Singh.")
    try job.write("third\n", to: job.path("Sholay.initial_prompt.txt"))
    #expect(try found()?.text == "third")
    try job.write("second", to: job.path("Sholay (1975).combined.initial_prompt.txt"))
    #expect(try found()?.source == .combined)
    try job.write(" first ", to: job.path("prompts/ner_enhanced_prompt.txt"))
    #expect(
      try found()
        == InitialPrompt(text: "first", source: .nerEnhanced, path: job.path("prompts/ner_enhanced_prompt.txt")))
    try job.write(" \n", to: job.path("prompts/ner_enhanced_prompt.txt"))
    #expect(try found()?.source == .combined)
  }

  @Test
  func `the program records which of the four it took`() async throws {
    let job = try TemporaryJob(["SRC_LANG": "en", "WHISPER_MODEL": "tiny.en"], title: "Sholay")
    try makeFolder(job.path("audio"))
    try await makeMedia(
      ["-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "1", "-c:a", "pcm_s16le"], job.path("audio/audio.wav"))
    let sources = [
      ("prompts/ner_enhanced_prompt.txt", "first", "ner_enhanced_prompt", "NER-enhanced prompt"),
      ("Sholay.combined.initial_prompt.txt", "the second", "combined_prompt", "combined prompt"),
      ("Sholay.initial_prompt.txt", "शोले, the third", "initial_prompt", "initial prompt"),
      (
        "pre_ner/entities.json", #"{"entities": [{"text": "Gabbar Singh", "label": "PERSON"}]}"#, "pre_ner_entities",
        "prompt from pre-NER entities"
      ),
    ]
    for (file, text, _, _) in sources { try job.write(text, to: job.path(file)) }
    for (file, text, source, shown) in sources {
      let result = try await runStage(["asr", job.folder.string], job.environment)
      try #require(result.status == 0, "\(result.errors)")
      let prompt = source == "pre_ner_entities" ? "Gabbar Singh." : text
      let facts = try job.record("asr").fields["metadata"]
      #expect(facts?["prompt_source"]?.string == source)
      let length = prompt.unicodeScalars.count
      #expect(facts?["prompt_length"]?.int == length)
      #expect(result.errors.contains("Loaded \(shown): \(length) chars"), "\(result.errors)")
      #expect(try job.json("transcription/transcript.json")["prompt_source"]?.string == source)
      #expect(unlink(job.path(file)))
    }
    #expect(try await runStage(["asr", job.folder.string], job.environment).status == 0)
    #expect(try job.record("asr").fields["metadata"]?["prompt_source"]?.isNull != false)
  }

  @Test func `MovieName is the job folder's name first, then the film's stem, then its title`() throws {
    let job = try TemporaryJob(film: "in/Stem.mkv", title: "Title")
    let names = ["20251030-001", "Stem", "Title"]
    for name in names.reversed() {
      try job.write(name, to: job.path("\(name).initial_prompt.txt"))
      let context = try StageContext(stage: "asr", job: job.folder, environment: job.environment)
      #expect(InitialPrompt.find(in: job.folder, names: context.movieNames)?.text == name)
    }
  }

  @Test func `a prompt is read in the encodings that editors write`() throws {
    let job = try TemporaryJob()
    let latin: [UInt8] = Array("Ocean".utf8) + [0x92] + Array("s d".utf8) + [0xE9] + Array("but".utf8)
    let wide = "शोले".utf16.reduce(into: [0xFF, 0xFE] as [UInt8]) { $0 += [UInt8($1 & 0xFF), UInt8($1 >> 8)] }
    let marked: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("शोले\r\n".utf8)
    for (bytes, text) in [(marked, "शोले"), (latin, "Ocean’s début"), (wide, "शोले")] {
      try DurableFile.write(bytes, to: job.path("x.initial_prompt.txt"))
      #expect(InitialPrompt.find(in: job.folder, names: ["x"])?.text == text)
    }
    try DurableFile.write([0xEF, 0xBB, 0xBF, 0x0A], to: job.path("x.combined.initial_prompt.txt"))
    #expect(InitialPrompt.find(in: job.folder, names: ["x"])?.source == .initial)
  }

  @Test func `without any source there is no prompt`() throws {
    let job = try TemporaryJob()
    #expect(InitialPrompt.find(in: job.folder, names: ["x", "a/b", ""]) == nil)
  }

  @Test func `a prompt never grows beyond what whisper reads`() throws {
    let names = (0..<500).map { "Name Number \($0)" } + (0..<50).map { "श्री अमिताभ \($0)" }
    let text = try #require(PromptWriter.prompt(title: "Film", year: 1999, names: names))
    #expect(text.hasPrefix("Film (1999). Name Number 0, "))
    #expect(PromptWriter.tokens(text) < 220)
  }

  @Test(arguments: [
    #"{"PERSON": ["Elinor"], "GPE": ["Norland"]}"#, #"{"entities": ["Elinor", "Norland"]}"#,
    #"{"entities": [{"text": "Elinor"}, {"name": "Norland", "type": "GPE"}, {"text": " "}]}"#,
  ])
  func `entities of other writers are read too`(text: String) throws {
    #expect(KnownName.list(try JSON(parsing: Array(text.utf8))).map(\.text) == ["Elinor", "Norland"])
  }
}
