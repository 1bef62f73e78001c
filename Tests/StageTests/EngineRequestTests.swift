import Engines
import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import cpwx_stage

/// What engines are asked for, told by one that answers with its request.
struct EngineRequestTests {
  private static let echo = """
    import json, sys
    if sys.argv[1] == "describe":
        print(json.dumps({"engine": "echo", "stages": STAGES, "available": True, "version": "1.0", "limits": "Repeats."}))
    else:
        print(json.dumps({"segments": [], "duration": 1, "model": "none", "asked": json.load(sys.stdin)}))
    """

  /// The request that a stage makes with these settings.
  private func request(
    of stage: any StageCommand.Type, _ settings: [String: String], adapter: String, output: String
  ) async throws -> JSON {
    let job = try TemporaryJob(settings)
    let stages = #"["silero_vad", "diarization"]"#
    let home = try job.installEngine(adapter, Self.echo.replacing("STAGES", with: stages))
    try await job.makeSilence()
    try await stage.run(
      [job.folder.string], environment: job.environment.merging(["CPWX_ENGINES": home.root.string]) { $1 })
    return try #require(try job.json(output)["asked"])
  }

  @Test func `the settings of voice activity reach the engine`() async throws {
    func asked(_ settings: [String: String]) async throws -> JSON {
      try await request(
        of: SileroVADStage.self, settings, adapter: "vad_echo.py", output: "vad/silero_segments.json")
    }
    let full = try await asked([
      "VAD_THRESHOLD": "0.35", "VAD_MIN_SPEECH_MS": "275", "VAD_MIN_SILENCE_MS": "640",
    ])
    #expect(full["threshold"]?.double == 0.35)
    #expect(full["min_speech_ms"]?.int == 275)
    #expect(full["min_silence_ms"]?.int == 640)
    #expect(try await asked([:]).object?.names == ["audio"])
  }

  @Test func `the settings of diarization reach the engine`() async throws {
    func asked(_ settings: [String: String]) async throws -> JSON {
      try await request(
        of: DiarizationStage.self, settings, adapter: "diarization_echo.py", output: "diarization/speaker_segments.json"
      )
    }
    let full = try await asked(["DIARIZATION_MIN_SPEAKERS": "2", "DIARIZATION_MAX_SPEAKERS": "5"])
    #expect(full["min_speakers"]?.int == 2)
    #expect(full["max_speakers"]?.int == 5)
    let usual = try await asked([:])
    #expect(usual["min_speakers"]?.int == nil && usual["max_speakers"]?.int == nil)
  }
}
