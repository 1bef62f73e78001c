/// Writes cues as files.
enum SubtitleFile {
  /// SubRip: number, times, lines, a blank line. No cues give an empty file.
  static func srt(_ cues: [Cue]) -> String {
    cues.enumerated().map { index, cue in
      "\(index + 1)\n\(cue.start.srt) --> \(cue.end.srt)\n\(cue.lines.joined(separator: "\n"))\n"
    }.joined(separator: "\n")
  }

  /// WebVTT, as the W3C describes it, with `&`, `<` and `>` escaped.
  static func vtt(_ cues: [Cue]) -> String {
    let blocks = cues.map { cue in
      "\(cue.start) --> \(cue.end)\n\(cue.lines.map { escaped($0) }.joined(separator: "\n"))\n"
    }
    return (["WEBVTT\n"] + blocks).joined(separator: "\n")
  }

  /// Whether a SubRip file holds any cue.
  static func hasCues(srt bytes: [UInt8]) -> Bool {
    String(decoding: bytes, as: UTF8.self).contains("-->")
  }

  private static func escaped(_ line: String) -> String {
    line.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
