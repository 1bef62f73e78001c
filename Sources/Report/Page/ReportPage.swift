public import Jobs
internal import Mustache
public import SystemPackage
internal import TextWidth

extension BatchReport {
  /// The report as one HTML file that stands alone: it asks for nothing from anywhere, and reads without scripts.
  ///
  /// - Parameter nonce: what the page's own style and script are known by, so that no other can run in it.
  /// - Throws: what Mustache throws of a template that is none.
  public func html(nonce: String = Self.newNonce()) throws -> [UInt8] {
    MustacheContentTypes.register(Markup(), named: Markup.name)
    let template = try MustacheTemplate(string: String(decoding: PackageResources.report_mustache, as: UTF8.self))
    return Array(template.render(ReportPage(report: self, nonce: nonce).values).utf8)
  }

  /// A nonce that no title can guess.
  public static func newNonce() -> String {
    String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
  }

  /// Writes ``html(nonce:)`` durably, for everyone to read.
  ///
  /// - Throws: ``JobError`` with code `io`; an older file then stands.
  public func writePage(to path: FilePath) throws {
    try DurableFile.write(
      try html(), toNamed: path, mode: [.ownerReadWrite, .groupRead, .otherRead])
  }
}

extension Workspace {
  /// Where the page of a batch goes by default: beside its record.
  public func reportPage(of batch: String) -> FilePath { batchFolder.appending("\(batch).html") }
}

/// What the template shows of a report.
private struct ReportPage {
  let report: BatchReport
  let nonce: String
  private let axis: TimeAxis
  private let colors: [String: Int]
  /// Seconds of the film that took longest.
  private let longest: Double

  init(report: BatchReport, nonce: String) {
    (self.report, self.nonce) = (report, nonce)
    axis = TimeAxis(started: report.started, wallSeconds: report.wallSeconds)
    longest = report.jobs.lazy.map(\.durationSeconds).max() ?? 0
    let numbered = report.stages.enumerated().map { ($0.element.name, $0.offset % 10) }
    colors = Dictionary(numbered, uniquingKeysWith: { $1 })
  }

  var values: [String: Any] {
    [
      "nonce": nonce, "id": report.id, "headline": report.headline, "subline": report.subline().withoutControls,
      "style": String(decoding: PackageResources.report_css, as: UTF8.self),
      "script": String(decoding: PackageResources.report_js, as: UTF8.self),
      "outcomes": outcomes, "outcomeBar": outcomeBar, "facts": facts, "films": report.jobs.count,
      "hasCauses": !report.causes.isEmpty, "causes": report.causes.enumerated().map { cause($1, isFirst: $0 == 0) },
      "hasTime": report.wallSeconds > 0 && !report.stages.isEmpty, "lanes": report.lanes.map(lane), "ticks": ticks,
      "laneNote": laneNote, "stages": report.stages.map(stage), "range": axis.range,
      "jobs": report.jobs.enumerated().map { film($1, at: $0) },
      "legend": report.stages.isEmpty ? false : ["colors": legend] as Any,
      "footer": footer,
    ]
  }

  // MARK: - The head

  private var standing: [(outcome: ReportedJob.Outcome, films: Int)] { report.totals.filter { $0.films > 0 } }

  private var outcomes: [[String: Any]] {
    standing.map { ["key": $0.outcome.rawValue, "label": $0.outcome.label, "films": $0.films] }
  }

  private var outcomeBar: [[String: Any]] {
    var films = 0
    // What is well comes first, so that trouble stands at the end of the bar.
    return (standing.filter { $0.outcome == .done } + standing.filter { $0.outcome != .done }.reversed()).map {
      outcome, count in
      let from = films * 1000 / report.jobs.count
      films += count
      return ["key": outcome.rawValue, "x": from, "width": max(2, films * 1000 / report.jobs.count - from)]
    }
  }

  private var facts: [[String: Any]] {
    func fact(_ name: String, _ value: String) -> [String: Any] { ["name": name, "value": value] }
    var facts = [fact(report.status == .running ? "So far" : "It took", describeDuration(report.wallSeconds))]
    let done = report.count(.done)
    if report.wallSeconds >= 60, done > 0 {
      let rate = Double(done) * 3600 / report.wallSeconds
      facts.append(fact("Films an hour", rate < 9.95 ? "\((rate * 10).rounded() / 10)" : "\(Int(rate.rounded()))"))
    }
    if report.waitedSeconds >= 1 { facts.append(fact("Waited for lanes", describeDuration(report.waitedSeconds))) }
    if report.outputBytes > 0 { facts.append(fact("Disk written", describeSize(report.outputBytes))) }
    return facts + report.besides.map { fact($0.what.prefix(1).uppercased() + $0.what.dropFirst(), "\($0.films)") }
  }

  // MARK: - Causes

  private func cause(_ cause: FailureCause, isFirst: Bool) -> [String: Any] {
    let shown = 12
    let films: [[String: Any]] = cause.jobs.prefix(shown).map { index in
      let job = report.jobs[index]
      return ["anchor": anchor(job, index), "name": title(of: job), "year": job.year ?? false as Any]
    }
    let isGivenUp = cause.jobs.allSatisfy { report.jobs[$0].outcome == .givenUp }
    let place =
      switch cause.kind {
      case .failed: cause.stage.map { "\($0) failed:" } ?? (isGivenUp ? "given up:" : "failed:")
      case .optional: "went on without \(cause.stage ?? "a stage"):"
      case .held: "held:"
      }
    let logs = cause.stage.flatMap { stage in cause.example.map { "cpwx job logs \($0) --stage \(stage)" } }
    return [
      "kind": cause.kind.rawValue, "count": cause.jobs.count, "where": place.withoutControls,
      "text": cause.text.withoutControls, "films": films,
      "more": cause.jobs.count > shown ? cause.jobs.count - shown : false as Any,
      "hasLog": !cause.logLines.isEmpty, "isOpen": isFirst && cause.kind == .failed,
      "stage": (cause.stage ?? "").withoutControls, "example": cause.example ?? "",
      "log": cause.logLines.joined(separator: "\n"), "advice": cause.logLines.isEmpty ? false : logs ?? false as Any,
    ]
  }

  private func title(of job: ReportedJob) -> String {
    (job.title ?? job.input ?? job.jobID ?? "a film").withoutControls
  }

  private func anchor(_ job: ReportedJob, _ index: Int) -> String { job.jobID ?? "-\(index)" }

  // MARK: - Lanes and stages

  private func lane(_ lane: LaneUse) -> [String: Any] {
    let drawing = LaneDrawing(lane: lane)
    return [
      "name": (lane.name ?? (report.lanes.count == 1 ? "all stages" : "no lane")).withoutControls,
      "summary": drawing.summary, "height": drawing.height, "busy": drawing.busy, "wait": drawing.wait ?? false as Any,
    ]
  }

  private var ticks: [[String: Any]] {
    axis.ticks.map { tick in
      [
        "x": Int(tick.position * 1000), "percent": "\((tick.position * 1000).rounded() / 10)",
        "label": tick.label,
      ]
    }
  }

  private var laneNote: String {
    let waited = report.waitedSeconds > 0 ? "; in yellow above, how many waited for a slot" : ""
    return "How many stages ran at a time\(waited)."
  }

  private var legend: [[String: Any]] {
    report.stages.map { ["name": $0.name.withoutControls, "color": colors[$0.name] ?? 0] }
  }

  private func stage(_ stage: StageTotal) -> [String: Any] {
    let mostTime = report.stages.map(\.totalSeconds).max() ?? 0
    let mostDisk = report.stages.map(\.outputBytes).max() ?? 0
    func duration(_ seconds: Double?) -> String { seconds.map { describeDuration($0) } ?? "" }
    return [
      "name": stage.name.withoutControls, "color": colors[stage.name] ?? 0, "succeeded": stage.succeeded,
      "failed": stage.failed == 0 ? "" : "\(stage.failed)", "anyFailed": stage.failed > 0,
      "total": duration(stage.totalSeconds),
      "timeShare": mostTime > 0 ? Int((stage.totalSeconds / mostTime * 100).rounded(.up)) : 0,
      "median": duration(stage.medianSeconds), "p95": duration(stage.p95Seconds),
      "longest": duration(stage.longestSeconds), "longestJob": stage.longestJob ?? "",
      "longestAnchor": stage.longestJob ?? false as Any,
      "waited": stage.waitedSeconds > 0 ? duration(stage.waitedSeconds) : "",
      "disk": stage.outputBytes > 0 ? describeSize(stage.outputBytes) : "",
      "diskShare": mostDisk > 0 ? Int((Double(stage.outputBytes) / Double(mostDisk) * 100).rounded(.up)) : 0,
    ]
  }

  // MARK: - Films

  private func film(_ job: ReportedJob, at index: Int) -> [String: Any] {
    let told = job.cause ?? (job.outcome == .done ? nil : job.reason)
    let why = job.isGone ? [told, job.problem].compactMap { $0 }.joined(separator: "; ") : job.problem ?? told
    var about = [job.jobID ?? "no job"]
    if let user = job.userID, user != 1 { about.append("user \(user)") }
    if job.outputBytes > 0 { about.append(describeSize(job.outputBytes)) }
    let hasTime = !job.stages.isEmpty
    return [
      "outcome": job.outcome.rawValue, "anchor": anchor(job, index), "film": title(of: job),
      "year": job.year ?? false as Any,
      "about": about.joined(separator: " · "), "why": why?.withoutControls ?? false as Any,
      "isBad": job.outcome == .failed || job.outcome == .givenUp || job.problem != nil && !job.isGone,
      "result": job.outcome.label, "again": again(job) ?? false as Any,
      "duration": hasTime ? seconds(job.durationSeconds) : false as Any, "wait": seconds(job.waitedSeconds),
      "start": seconds(job.startSeconds ?? 0), "time": hasTime ? describeDuration(job.durationSeconds) : "",
      "waited": job.waitedSeconds >= 1 ? describeDuration(job.waitedSeconds) : "",
      "longest": job.longestStage.map { "\($0.name) \(describeDuration($0.durationSeconds))" }?.withoutControls ?? "",
      "line": hasTime && report.wallSeconds > 0
        ? JobLine(axis: axis, longest: longest, colors: colors).paths(of: job) : false as Any,
      "told": JobLine.told(job).withoutControls,
    ]
  }

  private func again(_ job: ReportedJob) -> String? {
    switch job.decision {
    case "resume": job.keptStages > 0 ? "resumed, \(job.keptStages) stages stood" : "resumed"
    case "retry": "tried again"
    default: nil
    }
  }

  /// To the tenth, for sorting.
  private func seconds(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  private var footer: String {
    "Written by cpwx. The file stands alone and asks nothing from the network. In its address, #failed, #sort=duration "
      + "and #find=words show a part."
  }
}
