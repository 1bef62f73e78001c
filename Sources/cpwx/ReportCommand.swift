internal import ArgumentParser
internal import Jobs
internal import Report
internal import SystemPackage

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Tell in the morning what a batch did: what failed and why, where the time and the disk went.",
    discussion: """
      Without --html or -o it prints a summary and writes nothing. The page is one file for any browser, with the \
      timeline of all films; it needs no network. Batches that still run, or were interrupted, are told of as far as \
      they came.

      With --format json the whole report is printed; with ndjson or csv its films, one a line.

      EXAMPLES
        cpwx report                        the last batch
        cpwx report --html                 writes logs/batches/BATCH.html and prints its path
        cpwx report 20251128 -o night.html
        cpwx report --format json | jq .causes
      Then see: cpwx job show JOB
      """)

  @Argument(
    help: .init(
      "A batch: its id, a unique beginning of one, 'latest', or 'latest~1' for the one before.", valueName: "batch"))
  var batch = "latest"

  @Flag(help: "Write the page, beside the batch's record in logs/batches/.")
  var html = false

  @Option(
    name: .shortAndLong, help: .init("Write the page to this file; - is standard output.", valueName: "file"))
  var output: String?

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func validate() throws {
    if html || output != nil, formatOptions.format != nil {
      throw ValidationError("A page has no --format: leave out either that or --html and -o.")
    }
  }

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let format = try formatOptions.resolved()
    let report = try await BatchReport(
      reading: workspace.batchRecord(named: batch), in: workspace, environment: processEnvironment(),
      notice: .console)
    if output == "-" { return Console.out(raw: try report.html()) }
    if html || output != nil {
      let path = output.map { absolute(FilePath($0)) } ?? workspace.reportPage(of: report.id)
      try report.writePage(to: path)
      return Console.out(path.string)
    }
    switch format {
    case .json: Console.out(raw: report.document.bytes())
    case .ndjson, .csv:
      Listing(rows: report.jobs.map(\.document), columns: [], keys: RowKeys.reportedFilm).write(format)
    case .table: ReportTable(report).write()
    }
  }
}
