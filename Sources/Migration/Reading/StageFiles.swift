internal import Glibc
internal import SystemPackage

/// The files by which a stage that succeeded is known, in every version of the application.
///
/// `*` stands for the name that the job's folder has, or for whatever else stands there.
struct StageFiles: Sendable {
  let stage: String
  /// What today's pipeline calls the output, and where it has it.
  let key: String
  let documented: RawPath
  private let older: [Pattern]

  private init(_ stage: String, _ key: String, _ documented: String, _ older: [String] = []) {
    (self.stage, self.key, self.documented) = (stage, key, RawPath(documented))
    self.older = older.map { Pattern($0) }
  }

  private struct Pattern: Sendable {
    let start: [UInt8]
    /// `nil` where there is no `*`.
    let end: [UInt8]?

    init(_ text: String) {
      let parts = text.split(separator: "*", omittingEmptySubsequences: false)
      start = Array(parts[0].utf8)
      end = parts.count > 1 ? Array(parts[1].utf8) : nil
    }

    func fits(_ path: [UInt8]) -> Bool { end == nil ? path == start : stemBytes(of: path) != nil }

    /// What stands for the `*`.
    func stem(of path: [UInt8]) -> RawPath? { stemBytes(of: path).map { RawPath(Array($0)) } }

    private func stemBytes(of path: [UInt8]) -> ArraySlice<UInt8>? {
      guard let end, path.count > start.count + end.count, path.starts(with: start),
        path[(path.count - end.count)...].elementsEqual(end), !path[start.count...].contains(RawPath.slash)
      else { return nil }
      return path[start.count..<(path.count - end.count)]
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
      "subtitle_gen", "subtitles", "subtitles/subtitles.srt",
      ["en_merged/*.merged.srt", "subtitles/*.srt", "en_merged/*.srt"]),
    StageFiles(
      "mux", "video", "final_output.mp4",
      ["final_output.mkv", "*_with_subs.mp4", "*_with_subs.mkv", "*_subtitled.mp4", "*_subtitled.mkv"]),
  ]

  static let names = all.map(\.stage)

  /// Files whose names hold the name that the job's folder had.
  private static let named = [
    "asr/*.asr.json", "diarization/*.speaker_segments.json", "post_ner/*.corrected.json", "en_merged/*.merged.srt",
    "*_with_subs.mp4", "*_with_subs.mkv", "*_subtitled.mp4", "*_subtitled.mkv",
  ].map { Pattern($0) }

  /// The names of the folder that those of its files hold.
  static func embeddedNames(in scan: TreeScan) -> Set<RawPath> {
    Set(scan.filesAndLinks.compactMap { file in named.lazy.compactMap { $0.stem(of: file.bytes) }.first })
  }

  /// What a failure of does not keep the film from being finished: the documented pipeline's, and two of later ones.
  static let optional: Set<String> = ["tmdb", "pre_ner", "post_ner", "second_pass_translation", "lyrics_detection"]

  /// Folders that only a job has.
  static let telling: Set<String> = [
    "vad", "diarization", "transcription", "asr", "en_merged", "pre_ner", "post_ner", "silero_vad", "pyannote_vad",
  ]

  /// Folders that jobs have, and others may.
  static let common: Set<String> = ["audio", "metadata", "entities", "prompts", "subtitles"]

  /// The file that proves the stage's success, the documented one first; `nil` when there is none.
  func proof(in scan: TreeScan) -> RawPath? {
    if scan.filesAndLinks.contains(documented), Self.isWhole(documented, in: scan) { return documented }
    for pattern in older {
      let fitting = scan.filesAndLinks.filter { pattern.fits($0.bytes) }.sorted()
      if let found = fitting.first(where: { Self.isWhole($0, in: scan) }) { return found }
    }
    return nil
  }

  /// Whether any of its files is there, whatever is in it.
  func hasFile(in scan: TreeScan) -> Bool {
    scan.filesAndLinks.contains { file in file == documented || older.contains { $0.fits(file.bytes) } }
  }

  /// Whether a file looks finished: it is not empty, and JSON has its end.
  private static func isWhole(_ file: RawPath, in scan: TreeScan) -> Bool {
    guard let status = scan.status(of: file), status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
      return false
    }
    guard file.bytes.suffix(5).elementsEqual(".json".utf8), let handle = try? scan.open(file) else { return true }
    defer { try? handle.close() }
    return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { tail in
      let count = pread(handle.rawValue, tail.baseAddress, tail.count, max(0, status.st_size - tail.count))
      let last = tail.prefix(max(0, count)).last { !" \n\r\t".utf8.contains($0) }
      return last.map { "}]".utf8.contains($0) } ?? false
    }
  }
}
