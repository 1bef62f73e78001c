internal import ArgumentParser
internal import Jobs
internal import SystemPackage

/// Stage 6: who speaks when.
struct DiarizationStage: StageCommand {
  static let stage = StageDescription(
    name: "diarization", number: 6, abstract: "Tell the speakers apart: diarization/speaker_segments.json.",
    arguments: ["OUT_DIR"])

  @OptionGroup var words: StageWords

  static func work(
    _ arguments: [String], _ context: StageContext, _ manifest: inout StageManifest
  ) async throws {
    let settings = context.settings
    let fewest = try settings.int("DIARIZATION_MIN_SPEAKERS", in: 1...100)
    let most = try settings.int("DIARIZATION_MAX_SPEAKERS", in: 1...100)
    if let fewest, let most, fewest > most {
      throw settings.wrong("DIARIZATION_MAX_SPEAKERS", "\(most)", "is less than DIARIZATION_MIN_SPEAKERS=\(fewest)")
    }
    let token = try settings.huggingFaceToken
    let engine = try await context.engine()
    let segments = try context.speechSegments(&manifest)
    let result = try await context.withEngineAudio(&manifest) { audio, _ in
      try await engine.run([
        "audio": .string(audio.string), "segments": segments.map { .array($0.map(\.json)) } ?? .null,
        "min_speakers": .int(fewest), "max_speakers": .int(most), "hf_token": .string(token),
      ])
    }
    engine.describe(result, in: &manifest)
    let turns = SpeechSegment.list(result) ?? []
    let output = context.path("diarization/speaker_segments.json")
    let named = "diarization/\(context.jobName).speaker_segments"
    try context.write(result, to: context.path("\(named).json"))
    try context.write(table(turns), to: context.path("\(named).txt"))
    try context.write(result, to: output)
    let speakers = Set(turns.compactMap(\.speaker)).count
    context.log.info("\(speakers) speakers in \(turns.count) turns")
    manifest.addOutput("speaker_segments", output, "Who speaks when")
    manifest.addOutput("speaker_segments_named", context.path("\(named).json"), "The same, under the job's name")
    manifest.addOutput("speaker_segments_text", context.path("\(named).txt"), "The same, to read")
    manifest.addMetadata("speakers", .int(speakers))
    manifest.addMetadata("turns", .int(turns.count))
  }

  /// A turn a line: start, end, speaker.
  private static func table(_ turns: [SpeechSegment]) -> String {
    turns.map { "\(Timecode(seconds: $0.start)) --> \(Timecode(seconds: $0.end))  \($0.speaker ?? "?")\n" }.joined()
  }
}
