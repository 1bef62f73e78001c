internal import Engines
internal import Jobs
internal import SystemPackage

extension StageContext {
  /// The work of both VAD stages: runs the engine over the film's sound and writes its segments.
  ///
  /// - Parameter request: the engine's options; the sound is added.
  func findSpeech(_ request: JSON, output name: String, _ manifest: inout StageManifest) async throws {
    let engine = try await engine()
    let result = try await withEngineAudio(&manifest) { audio, _ in
      var request = request
      request["audio"] = .string(audio.string)
      return try await engine.run(request)
    }
    engine.describe(result, in: &manifest)
    let segments = SpeechSegment.list(result) ?? []
    let speech = segments.reduce(0) { $0 + $1.end - $1.start }
    let output = path(name)
    try write(result, to: output)
    log.info("\(segments.count) speech segments, \(Int(speech)) s")
    if segments.isEmpty { log.warning("no speech was found; the subtitles will be empty") }
    manifest.addOutput("segments", output, "Speech segments found by \(engine.engine.name)")
    manifest.addMetadata("segments", .int(segments.count))
    manifest.addMetadata("speech_seconds", .seconds(speech))
    manifest.addMetadata("duration", result["duration"] ?? .null)
  }
}
