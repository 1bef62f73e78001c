internal import ArgumentParser
internal import Jobs
internal import Pipeline
internal import TextWidth

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show what runs now: every batch of this workspace, how far it is, and what failed in it.",
    discussion: """
      EXAMPLES
        cpwx status
        cpwx status --format json | jq '.[].seconds_left'
      Then see: cpwx job logs -f JOB, and in the morning: cpwx report
      """)

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let format = try formatOptions.resolved()
    let batches = workspace.runningBatches()
    guard format == .table else {
      let rows = batches.map { batch in
        var row = batch
        row["seconds_left"] = BatchProgress(document: batch).secondsLeft().map { .double($0.rounded()) } ?? .null
        return row
      }
      return Listing(rows: rows, columns: Self.columns, keys: RowKeys.batch).write(format)
    }
    if batches.isEmpty { return Console.out("Nothing runs.") }
    for batch in batches {
      let room = Console.outColumns.map { max(20, $0 - 2) }
      let inputs = (batch["inputs"]?.array ?? []).compactMap(\.string).joined(separator: " ")
      let zone = Timestamp.foreignZone(batch["timezone"]?.string, made: batch["started_at"]?.string)
      let began = batch["started_at"]?.string.map { " since \(JobColumns.momentWithAge($0, zone))" } ?? ""
      let heading = "\(batch["batch_id"]?.string ?? "")  \(inputs)  \(batch["who"]?.string ?? "")\(began)".onOneLine
      Console.out(wrapping: Style.heading(heading))
      for line in ProgressLines(BatchProgress(document: batch), within: room).lines {
        let text = line.text.onOneLine
        Console.out("  " + (room.map { text.fitting($0) } ?? text))
      }
    }
  }

  private static var columns: [Listing.Column] {
    [
      .init("BATCH", key: "batch_id"), .init("WHO", key: "who"), .init("SINCE", key: "started_at"),
      .init("FILMS", key: "films"), .init("COMPLETED", key: "completed"), .init("FAILED", key: "failed"),
    ]
  }
}
