internal import ArgumentParser
internal import Jobs
internal import SystemPackage

struct JobLogsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract: "Print a job's logs: the orchestrator's, then each stage's in order; or follow them.",
    discussion: """
      With --follow, the logs of all stages are printed as they are written, until nobody runs the job any more. A job \
      that was not begun yet is waited for, and so is a stage that was not; a job that has ended is printed and left.

      With --format json, ndjson or csv each line is an object with stage_name (null for the orchestrator's), log and \
      line; what is followed is written as ndjson.

      EXAMPLES
        cpwx job logs 20251030-001 --stage asr
        cpwx job logs latest --follow --lines 20
        cpwx job logs latest --format ndjson
      Then see: cpwx job show JOB
      """)

  @OptionGroup var job: JobArgument

  @Flag(name: [.short, .long], help: "Go on with what is written, until the job ends.")
  var follow = false

  @Option(help: .init("Only this stage's log.", valueName: "name"))
  var stage: String?

  @Option(
    name: [.customShort("n"), .long], parsing: .unconditional,
    help: .init("Of what each log holds, only so many last lines.", valueName: "n"))
  var lines: Int?

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func validate() throws {
    if let lines, lines < 0 { throw ValidationError("--lines is a number from 0.") }
    if follow, let format = formatOptions.format, [.json, .csv].contains(format) {
      throw ValidationError("What is followed has no end: leave out -f, or take --format ndjson.")
    }
  }

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let format = try formatOptions.resolved()
    let paths = try workspace.paths(ofJob: job.job)
    // A CPWX_FORMAT of json or csv is as good as ndjson to a follower.
    let lineFormat = follow && format != .table ? .ndjson : format
    var rows = Listing.Writer(lineFormat, [], keys: ["stage_name", "log", "line"])
    let logs =
      format == .table
      ? LogReading(of: paths, stage: stage, lines: lines) { Console.out(raw: $0) }
      : LogReading(
        of: paths, stage: stage, lines: lines,
        eachLine: { line in
          let log = workspace.documentPath(line.log)
          rows.write([["stage_name": .string(line.stage), "log": .string(log), "line": .string(line.text)]])
        })
    guard follow else {
      try logs.print()
      if format != .table { rows.end() }
      if stage == nil, JobLogs(of: paths).files.isEmpty { Console.hint("\(paths.id) has no logs.") }
      return
    }
    Interruption.endsQuietly()
    let ending = try logs.follow(reader: .standardOutput) { Console.note($0) }
    if ending == .readerGone { throw ExitStatus(rawValue: 141) }
  }
}
