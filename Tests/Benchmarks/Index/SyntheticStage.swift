/// One of the ten stages as a job's manifest has it, with what the stage says of its work.
struct SyntheticStage {
  let name: String
  /// Seconds of work for an hour of film, about.
  let work: Double
  /// Key, path in the job's folder, description; what commands of other makers write is not told.
  let output: (key: String, path: String, description: String)?
  /// Facts, as members of `metadata`.
  let metadata: String

  static let all = [
    SyntheticStage(
      name: "demux", work: 30, output: ("audio", "audio/audio.wav", "Extracted 16kHz mono audio"),
      metadata: #""sample_rate": 16000, "channels": 1, "source_codec": "aac""#),
    SyntheticStage(name: "tmdb", work: 1, output: nil, metadata: ""),
    SyntheticStage(name: "pre_ner", work: 1, output: nil, metadata: ""),
    SyntheticStage(name: "silero_vad", work: 40, output: nil, metadata: ""),
    SyntheticStage(name: "pyannote_vad", work: 70, output: nil, metadata: ""),
    SyntheticStage(name: "diarization", work: 180, output: nil, metadata: #""engine": "campplus", "speakers": 4"#),
    SyntheticStage(
      name: "asr", work: 700, output: ("transcript", "transcription/transcript.json", "Transcript with word times"),
      metadata: #""engine": "faster_whisper", "model": "base", "words": 8106"#),
    SyntheticStage(name: "post_ner", work: 60, output: nil, metadata: ""),
    SyntheticStage(name: "subtitle_gen", work: 1, output: nil, metadata: ""),
    SyntheticStage(
      name: "mux", work: 20, output: ("video", "final_output.mp4", "Film with subtitles"), metadata: #""streams": 3"#),
  ]

  /// What stages die of: the last line is the one that names it.
  static let errors = [
    "Killed: out of memory", "exit code 1", "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB",
    "ffmpeg: moov atom not found", "[Errno 28] No space left on device", "timed out after 3600 s",
    "Invalid data found when processing input", "ConnectionError: the service did not answer",
    "ValueError: no speech in the film", "the model large-v3 is not installed",
  ]
}
