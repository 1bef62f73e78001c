internal import ArgumentParser
internal import Jobs
internal import TextWidth

struct JobEnvCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "env",
    abstract: "Print the settings a job ran with; secrets are masked, of a URL the password.",
    discussion: """
      EXAMPLES
        cpwx job env latest
        cpwx job env latest --reveal --format json
      Then see: cpwx job show JOB
      """)

  @OptionGroup var job: JobArgument

  @Flag(help: "Print the values of secrets, too.")
  var reveal = false

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let format = try formatOptions.resolved()
    let paths = try workspace.paths(ofJob: job.job)
    let env = try EnvFile(parsing: DurableFile.read(paths.env), of: paths.env)
    let secrets = Secrets.values(ofJobIn: paths.output, workspace: workspace, outer: processEnvironment())
    let values = env.values(outer: processEnvironment()).map { key, value -> (String, String) in
      if reveal || value.isEmpty { return (key, value) }
      return (key, Secrets.isSecret(key) ? Secrets.mask : Secrets.masked(value, secrets))
    }
    switch format {
    case .table: for (key, value) in values { Console.out(EnvFile.line(key, value).withoutControls) }
    case .json:
      var object = JSON.Object()
      for (key, value) in values { object[key] = .string(value) }
      Console.out(raw: JSON.object(object).bytes())
    case .ndjson, .csv:
      Listing(rows: values.map { ["key": .string($0), "value": .string($1)] }, columns: []).write(format)
    }
  }
}
