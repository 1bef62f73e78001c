internal import Jobs

/// When the stages of a job ran and waited, as a line of SVG 2000 wide and 16 high.
///
/// What tells a state is height besides colour: a failed stage is as high as the line, waiting is thin. Stages too short
/// to be seen beside the one before are left out, so that a line never holds more than the eye can tell.
struct JobLine {
  static let width = 2000
  /// The narrowest mark that can be seen.
  private static let narrowest = 4

  let axis: TimeAxis
  /// Of stages, by name.
  let colors: [String: Int]

  /// SVG paths; empty where nothing ran.
  func paths(of job: ReportedJob) -> String {
    var paths: [(kind: String, path: String)] = []
    var drawn: [String: Int] = [:]
    func draw(_ kind: String, _ start: Double, _ end: Double, top: Int, height: Int) {
      let from = axis.position(start, of: Self.width)
      let to = min(Self.width, max(axis.position(end, of: Self.width), from + Self.narrowest))
      let place = min(from, Self.width - Self.narrowest)
      if to - place <= Self.narrowest, let last = drawn[kind == "fail" ? kind : ""], last >= to { return }
      drawn[kind == "fail" ? kind : ""] = to
      let path = "M\(place) \(top)h\(to - place)v\(height)h-\(to - place)z"
      if let same = paths.firstIndex(where: { $0.kind == kind }) {
        paths[same].path += path
      } else {
        paths.append((kind, path))
      }
    }
    for span in job.stages {
      if span.waitedSeconds > 0 {
        draw("wait", span.startSeconds - span.waitedSeconds, span.startSeconds, top: 7, height: 2)
      }
      let (top, height) =
        switch span.status {
        case .failed: (0, 16)
        case .success, .running: (4, 8)
        case .interrupted, .skipped: (6, 4)
        }
      let kind = span.status == .failed ? "fail" : "s\(colors[StageName(span.name).description] ?? 0)"
      draw(kind, span.startSeconds, span.endSeconds ?? span.startSeconds, top: top, height: height)
    }
    return paths.map { "<path class=\"\($0.kind)\" d=\"\($0.path)\"/>" }.joined()
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
