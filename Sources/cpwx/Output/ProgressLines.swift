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

  private(set) var lines: [Line] = []
  private let columns: Int?
  private let now: Timestamp

  /// - Parameter columns: of the terminal; `nil` where lines may be as long as they are.
  init(_ progress: BatchProgress, within columns: Int?, now: Timestamp = .now) {
    (self.columns, self.now) = (columns, now)
    if progress.films > 1 { addWhole(progress) }
    switch progress.stopping {
    case .none: break
    case .drain: lines.append(Line(text: "stops after the stages that run; the rest is left for the next run"))
    case .now: lines.append(Line(text: "stops now; the rest is left for the next run"))
    }
    addJobs(progress)
    if progress.films > 1 {
      for failure in progress.failures {
        lines.append(
          Line(text: "\(failure.job) failed: \(failure.reason.lastLine ?? failure.reason)", failure: " failed:"))
      }
    }
  }

  /// The whole batch: on as many lines as its parts take.
  private mutating func addWhole(_ progress: BatchProgress) {
    let failed = "\(progress.failed) failed"
    var parts = [
      "\(bar(progress.fraction))\(Self.percent(progress.fraction))", "\(progress.ended)/\(progress.films) films",
    ]
    if progress.failed > 0 { parts.append(failed) }
    parts += Self.lanes(progress)
    if let left = progress.secondsLeft(now: now) { parts.append("about \(describeDuration(left)) left") }
    for part in parts {
      if var last = lines.last?.text, columns.map({ last.displayWidth + 2 + part.displayWidth <= $0 }) ?? true {
        last += "  \(part)"
        lines[lines.count - 1] = Line(text: last, failure: failed)
      } else {
        lines.append(Line(text: lines.isEmpty ? part : "  \(part)", failure: failed))
      }
    }
  }

  /// Lanes that have more than one place, or a stage in it; a cluster's have places that nobody counts.
  private static func lanes(_ progress: BatchProgress) -> [String] {
    let (sizes, use) = (progress.laneSizes, progress.laneUse)
    return Set(sizes.keys).union(use.keys).sorted().compactMap { lane in
      guard let size = sizes[lane] else { return "\(lane) \(use[lane] ?? 0)" }
      return use[lane] != nil || size > 1 ? "\(lane) \(use[lane] ?? 0)/\(size)" : nil
    }
  }

  /// A line each; two where the stage and how far it is would have no room behind the title.
  private mutating func addJobs(_ progress: BatchProgress) {
    let states = progress.running.map(state)
    let widestState = states.map { $0.begun.displayWidth + $0.how.displayWidth + 4 }.max() ?? 0
    let widestTitle = progress.running.map(\.title.greatestWidth).max() ?? 0
    let widestID = progress.running.map(\.job.count).max() ?? 0
    let room = columns.map { $0 - widestID - 2 - widestState } ?? Self.widestTitle
    let isBeside = widestTitle == 0 ? room >= 0 : room >= min(widestTitle, Self.readableTitle)
    let titleRoom = min(widestTitle, Self.widestTitle, isBeside ? room : (columns ?? 0) - widestID - 2)
    let titles = progress.running.map { titleRoom > 1 ? $0.title.fitting(titleRoom) : "" }
    let paddedTitle = titles.map(\.displayWidth).max() ?? 0
    let widestStage = states.map(\.begun.displayWidth).max() ?? 0
    for ((job, title), state) in zip(zip(progress.running, titles), states) {
      let text = job.text.isEmpty ? "" : "  \(job.text)"
      if isBeside {
        let film = widestTitle > 0 ? "  \(title.padded(to: paddedTitle))" : ""
        let begun = state.begun.isEmpty ? "" : state.begun.padded(to: widestStage) + "  "
        lines.append(Line(text: "\(job.job)\(film)  \(begun)\(state.how)\(text)"))
      } else {
        lines.append(Line(text: title.isEmpty ? job.job : "\(job.job)  \(title)"))
        lines.append(Line(text: "  \(state.begun.isEmpty ? "" : state.begun + "  ")\(state.how)\(text)"))
      }
    }
  }

  /// The stage, and how far it is or what it waits for.
  private func state(_ job: BatchProgress.Running) -> (begun: String, how: String) {
    guard let stage = job.stage else { return ("", "…") }
    let elapsed = describeDuration(now.seconds(since: job.since))
    let begun = (job.number.map { "\($0) " } ?? "") + stage
    if let again = job.retriesAt {
      return (begun, "failed, again in \(describeDuration(max(0, again.seconds(since: now))))")
    }
    if job.isWaiting { return (begun, "waits for \(job.lane ?? "its lane")  \(elapsed)") }
    return (begun, "\(job.fraction.map { "\(bar($0))\(Self.percent($0))" } ?? "…")  \(elapsed)")
  }

  /// Columns that no title takes more of, and that each gets or a line of its own.
  private static let widestTitle = 32
  private static let readableTitle = 14

  private func bar(_ fraction: Double) -> String {
    if Style.isPlain { return "" }
    let width = columns.map { $0 < 50 ? 5 : $0 < 90 ? 10 : 20 } ?? 20
    let full = Int((fraction * Double(width)).rounded(.down))
    return String(repeating: "█", count: full) + String(repeating: "░", count: width - full) + " "
  }

  private static func percent(_ fraction: Double) -> String { "\(Int((fraction * 100).rounded(.down))) %" }
}
