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

  @Test func `MovieName is the job folder's name first, then the film's stem, then its title`() throws {
    let job = try TemporaryJob(film: "in/Stem.mkv", title: "Title")
    let names = ["20251030-001", "Stem", "Title"]
    for name in names.reversed() {
      try job.write(name, to: job.path("\(name).initial_prompt.txt"))
      let context = try StageContext(stage: "asr", job: job.folder, environment: job.environment)
      #expect(InitialPrompt.find(in: job.folder, names: context.movieNames)?.text == name)
    }
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
