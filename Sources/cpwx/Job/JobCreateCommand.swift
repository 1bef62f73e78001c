internal import ArgumentParser
internal import Jobs
internal import Pipeline

struct JobCreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Make an empty job and print its id.",
    discussion: """
      EXAMPLES
        cpwx job create
        cpwx job create --user 2 --format json
      Then see: cpwx job path JOB
      """)

  @Option(
    parsing: .unconditional,
    help: .init("Whose job it is. (default: USER_ID of the configuration, else 1)", valueName: "number"))
  var user: Int?

  @Option(help: .init("The base configuration that the job copies.", valueName: "file"))
  var config: String?

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let workspace = try workspaceOptions.open(config: config)
    let format = try formatOptions.resolved()
    try SettingsCheck(workspace, environment: processEnvironment()).requireConfiguration(hasUser: user != nil)
    let user = try user ?? workspace.configuredUser
    let job = try JobManager(workspace).createJob(userID: user, by: caller(processEnvironment()))
    switch format {
    case .table: Console.out(job.paths.id.description)
    case .json: Console.out(raw: job.info.document.bytes())
    case .ndjson, .csv: Listing(rows: [job.info.document], columns: []).write(format)
    }
  }
}
