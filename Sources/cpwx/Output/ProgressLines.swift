internal import Jobs
internal import Pipeline
internal import TextWidth

/// How far a batch has come, in lines for a terminal.
struct ProgressLines {
  struct Line {
    var text: String
    /// Of these words, what tells of failures.
    var failure: String?
  }

  let lines: [Line]

  init(_ progress: BatchProgress, now: Timestamp = .now) {
    var lines: [Line] = []
    if progress.films > 1 {
      var parts = ["\(progress.ended)/\(progress.films) films"]
      if progress.failed > 0 { parts.append("\(progress.failed) failed") }
      parts += progress.laneSizes.filter { progress.laneUse[$0.key] != nil || $0.value > 1 }
        .sorted { $0.key < $1.key }.map { "\($0.key) \(progress.laneUse[$0.key] ?? 0)/\($0.value)" }
      if let left = progress.secondsLeft(now: now) { parts.append("about \(describeDuration(left)) left") }
      lines.append(
        Line(
          text: "\(Self.bar(progress.fraction))\(Self.percent(progress.fraction))  " + parts.joined(separator: "  "),
          failure: "\(progress.failed) failed"))
    }
    let titles = progress.running.map { $0.title.fitting(Self.widestTitle) }
    let widest = titles.map(\.displayWidth).max() ?? 0
    let stages = progress.running.map { job in (job.number.map { "\($0) " } ?? "") + (job.stage ?? "") }
    let widestStage = stages.map(\.displayWidth).max() ?? 0
    for ((job, title), stage) in zip(zip(progress.running, titles), stages) {
      let elapsed = describeDuration(now.seconds(since: job.since))
      let title = progress.films > 1 ? "  \(title.padded(to: widest))" : ""
      let begun = "\(job.job)\(title)  " + stage.padded(to: widestStage)
      if job.stage == nil {
        lines.append(Line(text: "\(job.job)\(title)  …"))
      } else if job.isWaiting {
        lines.append(Line(text: "\(begun)  waits for \(job.lane ?? "its lane")  \(elapsed)"))
      } else {
        let how = job.fraction.map { "\(Self.bar($0))\(Self.percent($0))" } ?? "…"
        lines.append(Line(text: "\(begun)  \(how)  \(elapsed)  \(job.text)"))
      }
    }
    if progress.films > 1 {
      for failure in progress.failures {
        lines.append(
          Line(text: "\(failure.job) failed: \(failure.reason.lastLine ?? failure.reason)", failure: " failed:"))
      }
    }
    self.lines = lines
  }

  /// Columns, so that the stage and its progress are seen behind it.
  private static let widestTitle = 32

  private static func bar(_ fraction: Double) -> String {
    if Style.isPlain { return "" }
    let width = 20
    let full = Int((fraction * Double(width)).rounded(.down))
    return String(repeating: "█", count: full) + String(repeating: "░", count: width - full) + " "
  }

  private static func percent(_ fraction: Double) -> String { "\(Int((fraction * 100).rounded(.down))) %" }
}
