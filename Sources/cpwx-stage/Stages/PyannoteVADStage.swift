internal import ArgumentParser
internal import Jobs
internal import SystemPackage

/// Stage 5: the speech segments, refined.
struct PyannoteVADStage: StageCommand {
  static let stage = StageDescription(
    name: "pyannote_vad", number: 5, abstract: "Refine the speech segments: vad/pyannote_segments.json.",
    arguments: ["OUT_DIR"])

  @OptionGroup var words: StageWords

  static func work(
    _ arguments: [String], _ context: StageContext, _ manifest: inout StageManifest
  ) async throws {
    var request: JSON = ["hf_token": .string(try context.settings.huggingFaceToken)]
    let silero = context.path("vad/silero_segments.json")
    if let segments = SpeechSegment.list(try context.document(silero)) {
      manifest.addInput("silero_segments", silero, "Speech segments found by Silero")
      request["segments"] = .array(segments.map(\.json))
    }
    try await context.findSpeech(request, output: "vad/pyannote_segments.json", &manifest)
  }
}

extension Settings {
  /// What pyannote's own models are fetched with.
  var huggingFaceToken: String? {
    get throws { try secret("HF_TOKEN", "hf_token", "pyannote_token") }
  }
}
