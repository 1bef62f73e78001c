internal import Jobs
internal import SystemPackage

extension StageContext {
  /// The sound that demux made.
  var audio: FilePath { path("audio/audio.wav") }

  /// Calls `body` with the job's sound as speech engines take it: 16 kHz, mono, 16 bit.
  ///
  /// Where AUDIO_SAMPLE_RATE or AUDIO_CHANNELS made it otherwise, a converted copy lies in the job's folder meanwhile.
  func withEngineAudio<Result>(
    _ manifest: inout StageManifest, _ body: (FilePath, inout StageManifest) async throws -> Result
  ) async throws -> Result {
    try require(audio, from: "demux")
    manifest.addInput("audio", audio, "Sound of the film")
    guard let format = WaveFormat(of: audio), format == .speech else {
      let copy = path("audio/.\(stage)-16k.wav")
      removeLeftover(copy)
      defer { unlink(copy) }
      let note = "audio.wav is not 16 kHz mono 16 bit, as speech engines need it; a converted copy was used"
      log.info(note)
      manifest.addMetadata("audio", .string(note))
      try await FFmpeg(log: log).run(
        ["-i", FFmpeg.name(audio), "-map", "0:a:0", "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", "-f", "wav"]
          + [FFmpeg.name(copy)],
        about: audio, duration: nil)
      return try await body(copy, &manifest)
    }
    return try await body(audio, &manifest)
  }
}
