internal import ArgumentParser
internal import Jobs

/// Stage 4: where somebody speaks.
struct SileroVADStage: StageCommand {
  static let stage = StageDescription(
    name: "silero_vad", number: 4, abstract: "Find speech: vad/silero_segments.json.", arguments: ["OUT_DIR"])

  @OptionGroup var words: StageWords

  static func work(
    _ arguments: [String], _ context: StageContext, _ manifest: inout StageManifest
  ) async throws {
    let settings = context.settings
    var request: JSON = .object(.init())
    request["threshold"] = try settings.double("VAD_THRESHOLD", in: 0...1).map { .double($0) }
    request["min_speech_ms"] = try settings.int("VAD_MIN_SPEECH_MS", in: 0...60_000).map { .int($0) }
    request["min_silence_ms"] = try settings.int("VAD_MIN_SILENCE_MS", in: 0...60_000).map { .int($0) }
    try await context.findSpeech(request, output: "vad/silero_segments.json", &manifest)
  }
}
