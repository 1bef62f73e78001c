internal import ArgumentParser
internal import Index
internal import Jobs
internal import TextWidth

struct JobStatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Count jobs; tell how long stages take, which jobs were slowest, and why jobs failed.",
    discussion: """
      EXAMPLES
        cpwx job stats since=30d
        cpwx job stats user=2 --format json
      Then see: cpwx job list status=failed. Filters are those of cpwx job list.
      """)

  @Argument(help: .init("Only jobs that fit all of these.", valueName: "filter"))
  var filters: [String] = []

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let format = try formatOptions.resolved()
    let filters = try filters.map { try JobFilter($0) }
    let statistics = try JobIndex.look(in: workspace, notice: .console) { try $0.statistics(filters) }
    let secrets = workspace.secrets(outer: processEnvironment())
    let document = Secrets.masked(statistics.document, secrets)
    switch format {
    case .json: Console.out(raw: document.bytes())
    case .ndjson, .csv:
      Listing(rows: document["stages"]?.array ?? [], columns: [], keys: RowKeys.stage).write(format)
    case .table: StatisticsTable(document).write()
    }
  }
}

extension JobStatistics {
  fileprivate var document: JSON {
    func number(_ value: Double?) -> JSON { value.map { .double($0) } ?? .null }
    var counts = JSON.Object()
    for (status, jobs) in byStatus { counts[status] = .int(jobs) }
    return [
      "jobs": .int(jobs), "by_status": .object(counts), "hours": .double(hours), "success_rate": number(successRate),
      "stages": .array(
        stages.map { stage in
          [
            "stage_name": .string(stage.name), "succeeded": .int(stage.succeeded), "failed": .int(stage.failed),
            "median_seconds": number(stage.median), "p95_seconds": number(stage.percentile95),
            "longest_seconds": number(stage.longest), "longest_job": .string(stage.longestJob),
          ]
        }),
      "slowest": .array(slowest.map(\.document)),
      "failures": .array(
        causes.map { cause in
          [
            "stage": .string(cause.stage), "cause": .string(cause.text), "jobs": .int(cause.jobs),
            "latest_job": .string(cause.latestJob), "example": .string(cause.example),
          ]
        }),
    ]
  }
}

/// The statistics as a person reads them.
private struct StatisticsTable {
  private let document: JSON

  init(_ document: JSON) { self.document = document }

  func write() {
    let counts = (document["by_status"]?.object?.members ?? []).map {
      "\(plain($0.value)) \(Style.status($0.name.onOneLine))"
    }
    Console.field(
      "Jobs",
      painted: "\(plain(document["jobs"] ?? .null))\(counts.isEmpty ? "" : ": " + counts.joined(separator: ", "))")
    Console.field("Time", "\(describeDuration((document["hours"]?.double ?? 0) * 3600)) altogether")
    if let rate = document["success_rate"]?.double {
      Console.field("Success", "\((rate * 1000).rounded() / 10) % of the jobs that ended")
    }
    section(
      "stages",
      [
        .init("STAGE", key: "stage_name"), .init("DONE", key: "succeeded"), .init("FAILED", key: "failed"),
        .init("MEDIAN") { duration($0["median_seconds"]) }, .init("95 %") { duration($0["p95_seconds"]) },
        .init("LONGEST") { duration($0["longest_seconds"]) }.dispensable(1),
        .init("JOB", key: "longest_job").dispensable(2),
      ])
    section(
      "slowest",
      [
        .init("SLOWEST", key: "job_id"), .init("TIME") { duration($0["total_seconds"]) },
        .init("TITLE", key: "title", isFlexible: true),
      ])
    section(
      "failures",
      [
        .init("FAILED", key: "jobs"), .init("STAGE", key: "stage"),
        .init("LATEST", key: "latest_job").dispensable(1),
        .reason("CAUSE") { plain($0["example"] ?? .null) },
      ])
  }

  private func section(_ key: String, _ columns: [Listing.Column]) {
    guard let rows = document[key]?.array, !rows.isEmpty else { return }
    Console.out("")
    Listing(rows: rows, columns: columns).write(.table)
  }

  private func duration(_ value: JSON?) -> String { value?.double.map { describeDuration($0) } ?? "" }
}
