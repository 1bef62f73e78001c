internal import Engines
internal import Jobs
internal import SystemPackage

/// What ffprobe finds in a media file.
struct MediaProbe: Sendable {
  struct Stream: Sendable {
    /// ffprobe's own fields.
    var fields: JSON

    var index: Int { fields["index"]?.int ?? 0 }
    /// `video`, `audio`, `subtitle`, `data`, `attachment`.
    var kind: String { fields["codec_type"]?.string ?? "" }
    var codec: String { fields["codec_name"]?.string ?? "unknown" }
    /// Seconds; `nil` when the container does not say.
    var start: Double? { fields["start_time"]?.string.flatMap { Double($0) } }
    var channels: Int? { fields["channels"]?.int }
    var language: String? { tag("language") }
    var isDefault: Bool { has("default") }
    /// Somebody who talks about the film, or tells the blind what is to be seen.
    /// Many files say so in the track's title alone.
    var isBesideTheFilm: Bool {
      let title = tag("title")?.lowercased() ?? ""
      return has("comment") || has("visual_impaired") || has("descriptions")
        || ["commentary", "audio description", "descriptive"].contains { title.contains($0) }
    }
    /// A cover, not a picture that moves.
    var isCover: Bool { has("attached_pic") }
    /// Seconds that the header promises in pictures; `nil` when it does not say.
    var promised: Double? {
      let rate = (fields["avg_frame_rate"]?.string ?? "").split(separator: "/").compactMap { Double($0) }
      guard rate.count == 2, rate[0] > 0, let frames = fields["nb_frames"]?.string.flatMap({ Double($0) }) else {
        return nil
      }
      return frames * rate[1] / rate[0]
    }

    private func has(_ disposition: String) -> Bool { fields["disposition"]?[disposition]?.int == 1 }

    func tag(_ name: String) -> String? { fields["tags"]?[name]?.string }

    /// For messages: `audio stream 2 (dts, fra)`.
    var description: String {
      "\(kind) stream \(index) (\(([codec] + [language].compactMap { $0 }).joined(separator: ", ")))"
    }
  }

  let streams: [Stream]
  let format: JSON

  /// Seconds; `nil` when the container does not say.
  var duration: Double? { format["duration"]?.string.flatMap { Double($0) } }

  /// Whether no header tells how long the film is, and the duration is the span of the clock in its streams. Where recordings
  /// were joined that clock leaps, and so does the duration.
  var isClocked: Bool { ["mpeg", "mpegts"].contains(format["format_name"]?.string) }

  /// Seconds at which the first of the streams begins.
  var start: Double? { format["start_time"]?.string.flatMap { Double($0) } }

  /// Seconds of the whole film, where its end is missing: of an AVI ffprobe tells how long what is there lasts, and only
  /// the header how long the film was. `nil` where nothing says that it is cut.
  var durationBeforeCut: Double? {
    guard format["format_name"]?.string == "avi", let duration,
      let promised = streams("video").filter({ !$0.isCover }).compactMap(\.promised).max()
    else { return nil }
    return Self.isShort(duration, of: promised) ? promised : nil
  }

  /// Whether what lasts `seconds` is the whole no more.
  static func isShort(_ seconds: Double, of whole: Double) -> Bool { seconds < whole - max(2, whole * 0.01) }

  func streams(_ kind: String) -> [Stream] { streams.filter { $0.kind == kind } }

  /// - Throws: ``JobError``: `io` when the file is not there, `damaged` when it is no media, `missingEngine` without
  ///   ffprobe.
  static func read(_ path: FilePath) async throws -> MediaProbe {
    do {
      _ = try FileStatus(of: path)
    } catch {
      throw JobError(.io, path.string, "cannot be opened", remedy: "Check that the file is there.", underlying: error)
    }
    let outcome = try await Program(
      "ffprobe", ["-v", "error", "-show_format", "-show_streams", "-of", "json", FFmpeg.name(path)],
      remedy: FFmpeg.remedy
    ).run()
    guard outcome.succeeded, let document = try? JSON(parsing: outcome.output) else {
      let reason = outcome.lastLines.last ?? "exit status \(outcome.status)"
      throw JobError(
        .damaged, path.string, "is no film that ffmpeg can read: \(reason)",
        remedy: "Check that it plays; copy it again if it does not.")
    }
    return MediaProbe(
      streams: (document["streams"]?.array ?? []).map { Stream(fields: $0) },
      format: document["format"] ?? .object(.init()))
  }
}
