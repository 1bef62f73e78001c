internal import Jobs

/// A film's time as SVG 1000 wide and 16 high: above, when in the batch it ran; below, its stages and waits one after the
/// other, on one scale for all films.
///
/// What tells a state is height besides colour: a failed stage is the highest, waiting the thinnest. Stages too short to be
/// seen are left out, so that a line never holds more than the eye can tell.
struct JobLine {
  static let width = 1000
  /// The narrowest mark that can be seen.
  private static let narrowest = 3

  let axis: TimeAxis
  /// Seconds of the film that took longest.
  let longest: Double
  /// Of stages, by name.
  let colors: [String: Int]

  /// SVG paths.
  func paths(of job: ReportedJob) -> String {
    let start = job.startSeconds ?? 0
    let from = min(axis.position(start, of: Self.width), Self.width - Self.narrowest)
    let to = max(axis.position(job.endSeconds ?? start, of: Self.width), from + Self.narrowest)
    var paths: [(kind: String, path: String)] = [("at", Self.box(from, to, top: 0, height: 2))]
    var drawn = 0
    func draw(_ kind: String, _ begin: Double, _ end: Double, top: Int, height: Int) {
      let from = min(position(begin - start), Self.width - Self.narrowest)
      let to = max(position(end - start), from + Self.narrowest)
      if to - from <= Self.narrowest, to <= drawn, kind != "fail" { return }
      drawn = max(drawn, to)
      let path = Self.box(from, to, top: top, height: height)
      if let same = paths.firstIndex(where: { $0.kind == kind }) {
        paths[same].path += path
      } else {
        paths.append((kind, path))
      }
    }
    for span in job.stages {
      if span.waitedSeconds > 0 {
        draw("wait", span.startSeconds - span.waitedSeconds, span.startSeconds, top: 10, height: 2)
      }
      let (top, height) =
        switch span.status {
        case .failed: (5, 11)
        case .success, .running: (7, 8)
        case .interrupted, .skipped: (9, 4)
        }
      let kind = span.status == .failed ? "fail" : "s\(colors[StageName(span.name).description] ?? 0)"
      draw(kind, span.startSeconds, span.endSeconds ?? span.startSeconds, top: top, height: height)
    }
    return paths.map { "<path class=\"\($0.kind)\" d=\"\($0.path)\"/>" }.joined()
  }

  private func position(_ seconds: Double) -> Int {
    longest > 0 ? Int((min(max(0, seconds / longest), 1) * Double(Self.width)).rounded()) : 0
  }

  private static func box(_ from: Int, _ to: Int, top: Int, height: Int) -> String {
    "M\(from) \(top)h\(to - from)v\(height)h-\(to - from)z"
  }

  /// The line in words.
  static func told(_ job: ReportedJob) -> String {
    let said = job.stages.map { span in
      var text = "\(span.name) \(span.endSeconds == nil ? "began" : describeDuration(span.durationSeconds))"
      if span.status != .success { text += " \(span.status.rawValue)" }
      if span.waitedSeconds >= 1 { text += " after \(describeDuration(span.waitedSeconds)) waiting" }
      return text
    }
    return said.joined(separator: ", ")
  }
}
