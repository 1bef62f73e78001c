import Engines
import Jobs
import SystemPackage
import TestSupport
import Testing

struct EngineCatalogTests {
  /// An adapter that describes itself so.
  private func adapter(_ description: String) -> String { "print('''\(description)''')" }

  /// What any machine needs to begin Python, however busy it is.
  private static let ever = Duration.seconds(600)

  private func home() throws -> TemporaryHome {
    let temporary = try TemporaryHome()
    try temporary.install([
      "asr_small.py": adapter(
        #"{"engine": "small", "stage": "asr", "rank": 50, "available": true, "languages": ["en", "fr"], "tasks": ["transcribe"]}"#
      ),
      "asr_big.py": adapter(
        #"{"engine": "big", "stages": ["asr"], "rank": 90, "available": false, "missing": "the package big", "languages": null}"#
      ),
      "asr_broken.py": "import sys; sys.exit('no such module')",
      "vad_any.py": adapter(
        #"{"engine": "any", "stages": ["silero-vad", "pyannote_vad"], "rank": 1, "available": true}"#),
      "helper.py": "raise SystemExit(1)",
    ])
    return temporary
  }

  @Test func `only the engines of the stage are asked, the broken ones are told`() async throws {
    let temporary = try home()
    let catalog = try await EngineCatalog.read(temporary.home, stage: "asr", limit: Self.ever)
    #expect(catalog.engines.map(\.name) == ["big", "small"])
    #expect(catalog.broken.map { $0.adapter.lastComponent?.string } == ["asr_broken.py"])
    #expect(catalog.broken.first?.error.description.contains("no such module") == true)
    let others = try await EngineCatalog.read(temporary.home, stage: "pyannote-vad", limit: Self.ever)
    #expect(others.engines.map(\.name) == ["any"])
    #expect(try await EngineCatalog.read(temporary.home, limit: Self.ever).engines.count == 3)
  }

  @Test func `an engine that does not answer is given up, and named`() async throws {
    let temporary = try TemporaryHome()
    try temporary.install(["asr_hanging.py": "import time; time.sleep(600)"])
    let catalog = try await EngineCatalog.read(temporary.home, stage: "asr", limit: .seconds(1))
    #expect(catalog.engines.isEmpty)
    #expect(catalog.broken.map { $0.adapter.lastComponent?.string } == ["asr_hanging.py"])
  }

  @Test func `auto takes the best one present, a name that one`() async throws {
    let temporary = try home()
    let catalog = try await EngineCatalog.read(temporary.home, stage: "asr", limit: Self.ever)
    #expect(try catalog.choose(stage: "asr", setting: "auto", language: .english, task: "transcribe").name == "small")
    #expect(try catalog.choose(stage: "asr", setting: nil, language: nil).name == "small")
    #expect(try catalog.choose(stage: "asr", setting: "Small").name == "small")
  }

  @Test func `what cannot be had says what to install`() async throws {
    let temporary = try home()
    let catalog = try await EngineCatalog.read(temporary.home, stage: "asr", limit: Self.ever)
    let absent = try await expectError(.missingEngine) { _ = try catalog.choose(stage: "asr", setting: "big") }
    #expect(absent.description.contains("needs the package big"))
    let unknown = try await expectError(.configuration) { _ = try catalog.choose(stage: "asr", setting: "huge") }
    #expect(unknown.description.contains("big, small"))
    let foreign = try await expectError(.missingEngine) {
      _ = try catalog.choose(stage: "asr", setting: "auto", language: Language("hi"), task: "transcribe")
    }
    #expect(foreign.description.contains("transcribe Hindi") && foreign.description.contains("small knows en fr"))
    #expect(foreign.description.contains("big"))
    let place = "into \(temporary.home.weights)/whisper/NAME"
    #expect(foreign.description.contains(place))
    let named = try await expectError(.missingEngine) {
      _ = try catalog.choose(stage: "asr", setting: "small", language: .english, task: "translate")
    }
    #expect(named.description.contains(place))
  }

  @Test func `a language that is yet to be heard takes an engine of more than one`() async throws {
    let temporary = try TemporaryHome()
    try temporary.install([
      "asr_tiny.py": adapter(
        #"{"engine": "tiny", "stage": "asr", "available": true, "languages": ["en"], "tasks": ["transcribe"]}"#)
    ])
    let catalog = try await EngineCatalog.read(temporary.home, stage: "asr", limit: Self.ever)
    #expect(try catalog.choose(stage: "asr", setting: "auto", language: .english, task: "transcribe").name == "tiny")
    let error = try await expectError(.missingEngine) {
      _ = try catalog.choose(stage: "asr", setting: "auto", language: nil, task: "transcribe")
    }
    #expect(error.description.contains("transcribe a language that is yet to be heard"))
  }

  @Test func `an empty home says how to install engines`() async throws {
    let temporary = try TemporaryHome()
    let error = try await expectError(.missingEngine) { _ = try await EngineCatalog.read(temporary.home) }
    #expect(error.description.contains("cpwx doctor --fix"))
  }

  @Test func `every engine that ships describes itself`() async throws {
    let home = try EngineHome(environment: ["CPWX_ENGINES": installedEngines.string])
    try #require(exists(home.python), "no speech engines: run make setup")
    let catalog = try await EngineCatalog.read(home, limit: Self.ever)
    #expect(catalog.broken.isEmpty, "\(catalog.broken)")
    for stage in ["silero_vad", "pyannote_vad", "diarization", "asr", "pre_ner", "post_ner"] {
      _ = try catalog.choose(stage: stage, setting: "auto", language: .english)
    }
  }
}
