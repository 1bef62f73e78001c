internal import Engines
internal import Jobs
internal import SystemPackage

/// Which streams go into the video with subtitles, and how.
struct MuxPlan: Sendable {
  /// What happens to one of the film's streams.
  enum Treatment: Sendable, Equatable {
    case copy
    /// Converted by ffmpeg's encoder of that name, with options.
    case encode(String, [String])
  }

  struct Entry: Sendable {
    var stream: MediaProbe.Stream
    var treatment: Treatment
  }

  /// Codecs of subtitles that are text.
  static let textCodecs: Set<String> = ["subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text"]

  let film: FilePath
  let probe: MediaProbe
  /// The film's own streams, in the order of the output: pictures, sound, subtitles.
  var entries: [Entry]
  /// The subtitles to add; `nil` when there are none.
  var subtitles: Subtitles?
  /// What is left out or converted, for people.
  var notes: [String] = []

  struct Subtitles: Sendable {
    var path: FilePath
    var language: Language?
    var title: String
  }

  /// Takes every stream that an mp4 may hold, as it is.
  init(film: FilePath, probe: MediaProbe, subtitles: Subtitles?) {
    self.film = film
    self.probe = probe
    self.subtitles = subtitles
    let texts = probe.streams("subtitle").filter { Self.textCodecs.contains($0.codec) }
    let kept = probe.streams("video") + probe.streams("audio") + texts
    entries = kept.map { Entry(stream: $0, treatment: .copy) }
    let kinds: Set<String> = ["video", "audio"]
    for stream in probe.streams
    where !kinds.contains(stream.kind) && !texts.contains(where: { $0.index == stream.index }) {
      notes.append("left out, since mp4 cannot hold it: \(stream.description)")
    }
  }

  /// ffmpeg's arguments, without the global ones.
  func arguments(output: FilePath) -> [String] {
    var arguments = ["-i", FFmpeg.name(film)]
    if let subtitles { arguments += ["-f", "srt", "-sub_charenc", "UTF-8", "-i", FFmpeg.name(subtitles.path)] }
    var options: [String] = []
    var counts = ["v": 0, "a": 0, "s": 0]
    func add(_ map: String, _ kind: String, _ codec: [String]) {
      arguments += ["-map", map]
      let place = "\(kind):\(counts[kind, default: 0])"
      options +=
        ["-c:\(place)"] + (codec.first.map { [$0] } ?? [])
        + codec.dropFirst().flatMap { option in
          option.hasPrefix("-") ? ["\(option):\(place)"] : [option]
        }
      counts[kind, default: 0] += 1
    }
    for entry in entries where entry.stream.kind != "subtitle" { add(entry) }
    if subtitles != nil { add("1:0", "s", ["mov_text"]) }
    for entry in entries where entry.stream.kind == "subtitle" { add(entry) }
    func add(_ entry: Entry) {
      let kind = String(entry.stream.kind.prefix(1))
      switch entry.treatment {
      case _ where kind == "s": add("0:\(entry.stream.index)", kind, ["mov_text"])
      case .copy: add("0:\(entry.stream.index)", kind, ["copy"])
      case .encode(let codec, let more): add("0:\(entry.stream.index)", kind, [codec] + more)
      }
    }
    if let subtitles {
      let others = (1..<max(1, counts["s"] ?? 1)).flatMap { ["-disposition:s:\($0)", "0"] }
      options +=
        [
          "-metadata:s:s:0", "language=\(subtitles.language?.alpha3 ?? "und")",
          "-metadata:s:s:0", "title=\(subtitles.title)", "-metadata:s:s:0", "handler_name=\(subtitles.title)",
          "-disposition:s:0", "default",
        ] + others
    }
    return arguments + options + ["-movflags", "+faststart", "-f", "mp4", FFmpeg.name(output)]
  }

  /// How many streams of a kind the output must have.
  func count(_ kind: String) -> Int {
    entries.count { $0.stream.kind == kind } + (kind == "subtitle" && subtitles != nil ? 1 : 0)
  }
}
