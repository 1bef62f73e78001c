internal import Jobs

/// A stretch of the film in which somebody speaks.
struct SpeechSegment: Sendable, Equatable {
  /// Seconds from the start.
  var start: Double
  var end: Double
  /// Who speaks, where that is known: `SPEAKER_00`.
  var speaker: String?

  init(start: Double, end: Double, speaker: String? = nil) {
    (self.start, self.end, self.speaker) = (start, end, speaker)
  }

  /// Reads `{"start", "end", "speaker"}`; `nil` for what is no stretch of time.
  init?(_ document: JSON) {
    guard let start = document["start"]?.double, let end = document["end"]?.double, start.isFinite, end.isFinite,
      end >= start
    else { return nil }
    self.init(start: start, end: end, speaker: document["speaker"]?.string)
  }

  /// The segments of a document that a VAD or diarization stage wrote: `{"segments": […]}`, or a bare list.
  static func list(_ document: JSON?) -> [SpeechSegment]? {
    (document?["segments"]?.array ?? document?.array)?.compactMap { SpeechSegment($0) }.sorted { $0.start < $1.start }
  }

  var json: JSON {
    var object: JSON = ["start": .seconds(start), "end": .seconds(end)]
    if let speaker { object["speaker"] = .string(speaker) }
    return object
  }

  /// Seconds that this and `start`...`end` share.
  func overlap(_ start: Double, _ end: Double) -> Double { max(0, min(self.end, end) - max(self.start, start)) }
}

extension StageContext {
  /// The best speech segments there are: pyannote's, else silero's; `nil` when neither stage has run.
  func speechSegments(_ manifest: inout StageManifest) throws -> [SpeechSegment]? {
    for (key, name) in [("segments", "vad/pyannote_segments.json"), ("silero_segments", "vad/silero_segments.json")] {
      let path = path(name)
      if let segments = SpeechSegment.list(try document(path)) {
        manifest.addInput(key, path, "Speech segments")
        return segments
      }
    }
    log.warning("no speech segments of a VAD stage are there; the engine finds speech itself")
    return nil
  }
}
