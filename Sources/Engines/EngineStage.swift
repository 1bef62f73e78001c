/// Which adapters can serve a stage, told by the prefix of their file names.
///
/// Describing an engine starts a Python process; a stage asks only those that can concern it.
public enum EngineStage {
  /// The stages that engines serve, in their order.
  public static let names = ["pre_ner", "silero_vad", "pyannote_vad", "diarization", "asr", "post_ner"]

  static let prefixes: [String: String] = [
    "silero_vad": "vad_", "pyannote_vad": "vad_", "diarization": "diarization_", "asr": "asr_",
    "pre_ner": "ner_", "post_ner": "ner_",
  ]

  /// Whether `file` is an engine at all, or a module that engines share.
  static func isAdapter(_ file: String) -> Bool {
    file.hasSuffix(".py") && prefixes.values.contains { file.hasPrefix($0) }
  }
}
