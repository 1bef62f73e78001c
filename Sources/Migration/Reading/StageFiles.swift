/// The files by which a stage that succeeded is known, in every version of the application.
///
/// `*` stands for the name that the job's folder has, or for whatever else stands there.
struct StageFiles: Sendable {
  let stage: String
  /// What today's pipeline calls the output, and where it has it.
  let key: String
  let documented: RawPath
  let older: [Pattern]

  private init(_ stage: String, _ key: String, _ documented: String, _ older: [String] = []) {
    (self.stage, self.key, self.documented) = (stage, key, RawPath(documented))
    self.older = older.map { Pattern($0) }
  }

  struct Pattern: Sendable {
    private let start: [UInt8]
    /// `nil` where there is no `*`.
    private let end: [UInt8]?

    init(_ text: String) {
      let parts = text.split(separator: "*", omittingEmptySubsequences: false)
      start = Array(parts[0].utf8)
      end = parts.count > 1 ? Array(parts[1].utf8) : nil
    }

    func fits(_ path: RawPath) -> Bool { end == nil ? path.bytes == start : stemRange(of: path) != nil }

    /// What stands for the `*`.
    func stem(of path: RawPath) -> RawPath? { stemRange(of: path).map { RawPath(Array(path.bytes[$0])) } }

    private func stemRange(of path: RawPath) -> Range<Int>? {
      guard let end, path.bytes.count > start.count + end.count, path.hasPrefix(start), path.hasSuffix(end) else {
        return nil
      }
      let range = start.count..<(path.bytes.count - end.count)
      return path.bytes[range].contains(RawPath.slash) ? nil : range
    }
  }

  /// The ten documented stages in their order.
  static let all: [StageFiles] = [
    StageFiles("demux", "audio", "audio/audio.wav"),
    StageFiles("tmdb", "tmdb_data", "metadata/tmdb_data.json"),
    StageFiles("pre_ner", "entities", "entities/pre_ner.json", ["pre_ner/entities.json"]),
    StageFiles("silero_vad", "segments", "vad/silero_segments.json"),
    StageFiles("pyannote_vad", "segments", "vad/pyannote_segments.json"),
    StageFiles(
      "diarization", "speaker_segments", "diarization/speaker_segments.json", ["diarization/*.speaker_segments.json"]),
    StageFiles("asr", "transcript", "transcription/transcript.json", ["asr/*.asr.json"]),
    StageFiles(
      "post_ner", "entities", "entities/post_ner.json",
      ["post_ner/*.corrected.json", "entities/post_ner_corrections.json", "transcription/transcript_corrected.json"]),
    StageFiles(
      "subtitle_gen", "srt", "subtitles/subtitles.srt",
      ["en_merged/*.merged.srt", "subtitles/*.srt", "en_merged/*.srt"]),
    StageFiles(
      "mux", "video", "final_output.mp4",
      ["final_output.mkv", "*_with_subs.mp4", "*_with_subs.mkv", "*_subtitled.mp4", "*_subtitled.mkv"]),
  ]

  static let names = all.map(\.stage)

  /// What a failure of does not keep the film from being finished: the documented pipeline's, and two of later ones.
  static let optional: Set<String> = ["tmdb", "pre_ner", "post_ner", "second_pass_translation", "lyrics_detection"]

  /// Folders that only a job has.
  static let telling: Set<String> = [
    "vad", "diarization", "transcription", "asr", "en_merged", "pre_ner", "post_ner", "silero_vad", "pyannote_vad",
  ]

  /// Folders that jobs have, and others may.
  static let common: Set<String> = ["audio", "metadata", "entities", "prompts", "subtitles"]
}
