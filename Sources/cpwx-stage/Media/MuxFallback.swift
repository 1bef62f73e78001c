internal import Jobs
internal import Engines
internal import SystemPackage

extension MuxPlan {
  /// Finds out which streams mp4 does not take as they are, by trying each, and plans to convert those.
  ///
  /// Sound becomes AAC. A picture that mp4 cannot hold is encoded anew as H.264, which takes a while, since a film with
  /// subtitles is what was asked for. A cover or a subtitle that does not fit is left out.
  /// - Returns: `false` when every stream is taken, so that the trouble lies elsewhere.
  mutating func convertWhatDoesNotFit(log: Log) async throws -> Bool {
    var kept: [Entry] = []
    var changed = false
    for entry in entries {
      let stream = entry.stream
      if try await isTaken(stream) {
        kept.append(entry)
        continue
      }
      changed = true
      if stream.kind == "audio" {
        let rate = "\(max(1, stream.channels ?? 2) * 96)k"
        kept.append(Entry(stream: stream, treatment: .encode("aac", ["-b", rate])))
        notes.append("converted to AAC, since mp4 cannot hold it: \(stream.description)")
      } else if stream.kind == "video" && !stream.isCover {
        // The colours of H.264 are kept for two by two pixels: an odd side gets one more line.
        let even = "pad=ceil(iw/2)*2:ceil(ih/2)*2"
        let options = ["-filter", even, "-crf", "18", "-preset", "veryfast", "-pix_fmt", "yuv420p"]
        kept.append(Entry(stream: stream, treatment: .encode("libx264", options)))
        notes.append("encoded anew as H.264, since mp4 cannot hold it: \(stream.description)")
      } else {
        notes.append("left out, since mp4 cannot hold it: \(stream.description)")
      }
    }
    entries = kept
    return changed
  }

  /// Whether ffmpeg writes the stream into an mp4 without converting it.
  private func isTaken(_ stream: MediaProbe.Stream) async throws -> Bool {
    let codec = stream.kind == "subtitle" ? "mov_text" : "copy"
    let outcome = try await Program(
      "ffmpeg",
      ["-v", "error", "-nostdin", "-t", "2", "-i", FFmpeg.name(film), "-map", "0:\(stream.index)", "-c", codec]
        + ["-movflags", "frag_keyframe+empty_moov+delay_moov", "-f", "mp4", "-y", "/dev/null"],
      remedy: FFmpeg.remedy
    ).run()
    return outcome.succeeded
  }
}
