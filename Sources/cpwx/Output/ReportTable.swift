internal import Jobs
internal import Report
internal import TextWidth

/// A batch's report as a person reads it at a terminal.
struct ReportTable {
  private let report: BatchReport

  init(_ report: BatchReport) { self.report = report }

  func write() {
    Console.out(wrapping: Style.heading(report.headline))
    Console.out(wrapping: "\(report.subline(now: .now)), batch \(report.id)".onOneLine)
    let counts = report.totals.filter { $0.films > 0 && $0.outcome != .skipped }
      .map { "\($0.films) \(Style.outcome($0.outcome))" }
    let again = report.besides.map { "\($0.films) \($0.what)" }
    Console.out("")
    Console.field(
      "Films",
      painted: counts.isEmpty
        ? again.joined(separator: ", ")
        : counts.joined(separator: ", ") + (again.isEmpty ? "" : " (\(again.joined(separator: ", ")))"))
    let waited = report.waitedSeconds >= 1 ? ", \(describeDuration(report.waitedSeconds)) of waiting for lanes" : ""
    Console.field("Time", "\(describeDuration(report.wallSeconds))\(waited)")
    if report.outputBytes > 0 { Console.field("Disk", "\(describeSize(report.outputBytes)) written") }
    writeCauses()
    writeInterrupted()
    section(report.lanes.filter { $0.name != nil }.map(row))
    section(report.stages.map(row))
    section(report.slowest(5).map(row))
  }

  private func writeCauses() {
    let most = 10
    for cause in report.causes.prefix(most) {
      let stage = cause.stage.map { "\($0): " } ?? ""
      let head =
        switch cause.kind {
        case .failed: failures(of: cause)
        case .optional: "\(cause.jobs.count) went on without"
        case .held: "\(cause.jobs.count) \(Style.outcome(.held))"
        }
      Console.out("")
      Console.out(wrapping: "\(head)  " + "\(stage)\(cause.text)".onOneLine, hanging: 2)
      writeNames(of: cause.jobs.map { report.jobs[$0] })
      for line in cause.kind == .failed ? cause.logLines.suffix(5) : [] {
        Console.out(wrapping: "  | \(line)".onOneLine, hanging: 4)
      }
    }
    if report.causes.count > most { Console.out("\n… and \(report.causes.count - most) more causes: --html has all") }
  }

  /// How many failed of it, and how many were given up before.
  private func failures(of cause: FailureCause) -> String {
    let outcomes = cause.jobs.map { report.jobs[$0].outcome }
    let counts = [ReportedJob.Outcome.failed, .givenUp].map { outcome in
      (outcome: outcome, films: outcomes.count { $0 == outcome })
    }
    return counts.filter { $0.films > 0 }.map { "\($0.films) \(Style.outcome($0.outcome))" }.joined(separator: ", ")
  }

  /// Jobs that were interrupted or cancelled, by what was said of it.
  private func writeInterrupted() {
    let interrupted = report.jobs.filter { $0.outcome == .interrupted }
    let groups = Dictionary(grouping: interrupted) { $0.reason ?? "" }
      .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
    for (reason, jobs) in groups {
      Console.out("")
      let head = "\(jobs.count) \(Style.outcome(.interrupted))"
      Console.out(wrapping: reason.isEmpty ? head : "\(head)  " + reason.onOneLine, hanging: 2)
      writeNames(of: jobs)
    }
  }

  private func writeNames(of jobs: [ReportedJob]) {
    let names = jobs.prefix(5).compactMap { job in
      job.jobID.map { id in job.title.map { "\(id) \($0)" } ?? id } ?? job.input
    }
    let more = jobs.count > 5 ? " and \(jobs.count - 5) more" : ""
    Console.out(wrapping: "  \(names.joined(separator: ", "))\(more)".onOneLine, hanging: 2)
  }

  private func section(_ cells: [[(heading: String, text: String)]]) {
    guard let first = cells.first else { return }
    Console.out("")
    let rows = cells.map { row in
      var document: JSON = [:]
      for (heading, text) in row { document[heading] = .string(text.withoutControls) }
      return document
    }
    Listing(
      rows: rows,
      columns: first.map { heading, _ in
        .init(heading, key: heading, isFlexible: heading == "TITLE").dispensable(Self.spared[heading] ?? 0)
      }
    ).write(.table)
  }

  /// What a narrow terminal does without, the highest first.
  private static let spared = ["WAITED": 4, "DISK": 3, "95 %": 2, "WORK": 1, "LONGEST STAGE": 1]

  private func row(_ lane: LaneUse) -> [(heading: String, text: String)] {
    [
      ("LANE", lane.name ?? ""), ("SLOTS", lane.slots.map { "\($0)" } ?? ""),
      ("BUSY", lane.share.map { "\(Int(($0 * 100).rounded())) %" } ?? ""), ("WORK", time(lane.busySeconds)),
      ("WAITED", time(lane.waitedSeconds)),
    ]
  }

  private func row(_ stage: StageTotal) -> [(heading: String, text: String)] {
    [
      ("STAGE", stage.name), ("DONE", "\(stage.succeeded)"), ("FAILED", "\(stage.failed)"),
      ("TIME", time(stage.totalSeconds)), ("MEDIAN", time(stage.medianSeconds)), ("95 %", time(stage.p95Seconds)),
      ("WAITED", stage.waitedSeconds > 0 ? time(stage.waitedSeconds) : ""),
      ("DISK", stage.outputBytes > 0 ? describeSize(stage.outputBytes) : ""),
    ]
  }

  private func row(_ job: ReportedJob) -> [(heading: String, text: String)] {
    [
      ("SLOWEST", job.jobID ?? ""), ("TIME", time(job.durationSeconds)),
      ("LONGEST STAGE", job.longestStage.map { "\($0.name) \(describeDuration($0.durationSeconds))" } ?? ""),
      ("TITLE", job.title ?? ""),
    ]
  }

  private func time(_ seconds: Double?) -> String { seconds.map { describeDuration($0) } ?? "" }
}

extension Style {
  fileprivate static func outcome(_ outcome: ReportedJob.Outcome) -> String {
    switch outcome {
    case .done: painted(outcome.label, as: "completed")
    case .failed, .givenUp: painted(outcome.label, as: "failed")
    case .running: painted(outcome.label, as: "running")
    case .interrupted, .held: painted(outcome.label, as: "interrupted")
    case .notBegun, .pending, .skipped: outcome.label
    }
  }
}
