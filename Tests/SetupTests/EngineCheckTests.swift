import Engines
import Foundation
import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Setup

struct `The check of the engines` {
  private func results(_ engines: EnginesOfShell, _ settings: [String: String] = [:]) async -> [CheckResult] {
    let settings = ["CPWX_ENGINES": engines.home.root.string].merging(settings) { $1 }
    // However busy the machine is.
    return await EngineChecks(settings: settings, limit: .seconds(1200)).run()
  }

  @Test func `shows which engine each stage would take`() async throws {
    let folder = try TemporaryFolder()
    let engines = try EnginesOfShell(in: folder)
    try engines.describe("asr_faster_whisper.py", ["rank": .int(60)])
    let found = await results(engines)
    #expect(found.map(\.check) == ["engines"] + EngineStage.names.map { "engine for \($0)" })
    #expect(found.notWell == [])
    #expect(found["engines"]?.message == "installed in \(engines.home.root)")
    #expect(found["engine for asr"]?.message == "faster_whisper 1.0, models: small. None.")
    #expect(await results(engines, ["ENGINE_ASR": "WhisperX"])["engine for asr"]?.message.hasPrefix("whisperx") == true)
  }

  @Test func `fails with what to do when none are there, or no place is known`() async throws {
    let folder = try TemporaryFolder()
    let none = await EngineChecks(settings: ["CPWX_ENGINES": folder.root.string]).run()
    #expect(none.map(\.status) == [.error])
    #expect(none[0].message == "\(folder.root): no speech engines are there")
    #expect(none[0].remedy == EngineHome.remedy)
    let homeless = await EngineChecks(settings: [:]).run()
    #expect(homeless.map(\.status) == [.error])
    #expect(homeless[0].remedy?.contains("CPWX_ENGINES") == true)
  }

  @Test func `warns of engines that are another cpwx's`() async throws {
    let folder = try TemporaryFolder()
    let engines = try EnginesOfShell(in: folder)
    for change in ["adapters/engine_api.py", "installed/requirements.txt"] {
      try folder.file("engines/\(change)", "# older\n")
      let found = await results(engines)
      #expect(found["engines"]?.status == .warning)
      #expect(found["engines"]?.remedy == EngineHome.remedy)
      #expect(found["engine for asr"]?.status == .ok)
    }
  }

  @Test func `fails for a stage without an engine, and only warns where films go on without`() async throws {
    let folder = try TemporaryFolder()
    let engines = try EnginesOfShell(in: folder)
    try engines.withdraw("diarization_")
    try engines.withdraw("ner_")
    let found = await results(engines)
    #expect(found["engine for diarization"]?.status == .error)
    #expect(found["engine for diarization"]?.remedy?.contains("needs the package big") == true)
    for stage in ["pre_ner", "post_ner"] { #expect(found["engine for \(stage)"]?.status == .warning) }
    #expect(found.notWell.count == 3)
  }

  @Test func `knows the whisper models that the engines know`() throws {
    let here = FilePath(#filePath).removingLastComponent()
    let file = here.pushing("../../config/engines/whisper_models.py").lexicallyNormalized()
    let source = String(decoding: try DurableFile.read(file), as: UTF8.self)
    let list = try #require(source.firstMatch(of: /RANKING = \[([^\]]*)\]/)?.1)
    #expect(list.matches(of: /"([^"]+)"/).map { String($0.1) } == WhisperModel.known)
  }

  @Test func `fails for an engine's name that no engine bears`() async throws {
    let folder = try TemporaryFolder()
    let found = await results(try EnginesOfShell(in: folder), ["ENGINE_ASR": "wisper", "ENGINE_DIARIZATION": "auto"])
    #expect(found.notWell.map(\.check) == ["engine for asr"])
    #expect(found.notWell[0].remedy?.contains("faster_whisper") == true)
  }

  @Test(
    arguments: [
      ("base", "en", nil, nil), ("Systran/faster-whisper-base", "en", nil, nil), ("base.en", "en", nil, nil),
      (
        "large-v3", "en", "large-v3 is not installed; asr takes base.en, and makes a note of it",
        "faster-whisper-large-v3"
      ),
      ("large", "hi", "large is not installed; asr takes base, and makes a note of it", "weights/whisper/large-v3"),
      ("turbo", "en", "turbo is not installed; asr takes base.en, and makes a note of it", "CTranslate2"),
      (
        "base.en", "hi", "base.en knows English alone; asr takes base, and makes a note of it",
        "Set WHISPER_MODEL=base."
      ),
      (
        "gigantic", "en", "gigantic is no whisper model that is known; asr takes base.en, and makes a note of it",
        "Set WHISPER_MODEL=base.en."
      ),
      (
        "smal", "en", "smal is no whisper model that is known; asr takes base.en, and makes a note of it",
        "Did you mean small?"
      ),
    ] as [(String, String, String?, String?)])
  func `warns of a model that asr will not take`(named: String, language: String, message: String?, remedy: String?)
    async throws
  {
    let folder = try TemporaryFolder()
    let engines = try EnginesOfShell(in: folder)
    let tasks = JSON.array([.string("transcribe"), .string("translate")])
    try engines.describe(
      "asr_faster_whisper.py",
      ["rank": .int(90), "models": .array([.string("base.en"), .string("base")]), "tasks": tasks])
    let found = await results(engines, ["WHISPER_MODEL": named, "SRC_LANG": language])
    #expect(found["engine for asr"]?.status == .ok)
    let result = found["config WHISPER_MODEL"]
    #expect(result?.message == message)
    #expect(result.map(\.status) == message.map { _ in .warning })
    if let remedy { #expect(result?.remedy?.contains(remedy) == true, "\(result?.remedy ?? "")") }
  }

  @Test func `names an adapter that cannot be asked`() async throws {
    let folder = try TemporaryFolder()
    let engines = try EnginesOfShell(in: folder)
    try folder.file("engines/described/vad_silero.py", "no JSON")
    let found = await results(engines)
    #expect(found.notWell.map(\.check) == ["engine vad_silero.py"])
    #expect(found.notWell[0].status == .error)
  }

  @Test(
    arguments: [
      ([:], true), (["SRC_LANG": "fr"], true), (["SRC_LANG": "auto"], true), (["SRC_LANG": "hi"], false),
      (["SRC_LANG": "hi", "WHISPER_LANGUAGE": "French"], true), (["SRC_LANG": "fr", "WHISPER_LANGUAGE": "ta"], false),
    ] as [([String: String], Bool)])
  func `asks for the language that is spoken`(settings: [String: String], served: Bool) async throws {
    let folder = try TemporaryFolder()
    let engines = try EnginesOfShell(in: folder)
    for adapter in ["asr_faster_whisper.py", "asr_whisperx.py"] {
      try engines.describe(adapter, ["languages": .array([.string("en"), .string("fr")])])
    }
    let found = await results(engines, settings)
    #expect(found["engine for asr"]?.status == (served ? .ok : .error))
    #expect(found["engine for diarization"]?.status == .ok)
  }

  @Test(
    arguments: [
      (["SRC_LANG": "en"], true), (["SRC_LANG": "en", "TGT_LANG": "en"], true),
      (["SRC_LANG": "auto", "TGT_LANG": "en"], false), (["SRC_LANG": "auto"], false),
      (["SRC_LANG": "en", "WHISPER_TASK": "translate"], false), (["SRC_LANG": "hi", "TGT_LANG": "en"], false),
      (["SRC_LANG": "en", "TGT_LANG": "fr"], false),
      (["SRC_LANG": "en", "TGT_LANG": "fr", "WHISPER_TASK": "Transcribe"], true),
      (["SRC_LANG": "en", "WHISPER_TASK": "sing"], false),
    ] as [([String: String], Bool)])
  func `asks for what asr would be told to do, of engines that transcribe English alone`(
    settings: [String: String], served: Bool
  ) async throws {
    let folder = try TemporaryFolder()
    let engines = try EnginesOfShell(in: folder)
    for adapter in ["asr_faster_whisper.py", "asr_whisperx.py"] {
      try engines.describe(
        adapter, ["languages": .array([.string("en")]), "tasks": .array([.string("transcribe")])])
    }
    let found = await results(engines, settings)
    #expect(found["engine for asr"]?.status == (served ? .ok : .error))
    if let task = settings["WHISPER_TASK"], task == "sing" {
      #expect(found["engine for asr"]?.message == "WHISPER_TASK=sing: is none of: transcribe, translate")
    }
  }
}
