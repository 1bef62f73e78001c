internal import ArgumentParser
internal import Jobs

struct JobRmCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm",
    abstract: "Remove jobs for good: their folders and logs.",
    discussion: """
      Removes everything a job made, its final_output.mp4 too; the film in in/ stays, and the next cpwx run makes a new \
      job of it. The job's number is never given again. A job that is being run is refused (exit code 75).

      On a terminal it asks; elsewhere --yes is required. A removal that was cut short is finished by the next one.

      EXAMPLES
        cpwx job rm --dry-run 20251030-001 20251030-002
        cpwx job rm --yes --keep-logs 20251030-001
      Then see: cpwx job list
      """)

  @Argument(help: .init("Ids, prefixes of ids, 'latest', or paths in jobs.", valueName: "job"))
  var jobs: [String]

  @Flag(name: [.customShort("n"), .long], help: "Show what would go, and how much that is, and do nothing.")
  var dryRun = false

  @Flag(name: [.short, .long], help: "Do not ask.")
  var yes = false

  @Flag(help: "Leave the logs where they are.")
  var keepLogs = false

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let format = try formatOptions.resolved()
    let request = try RemovalRequest(jobs, in: workspaceOptions.open(), keepsLogs: keepLogs)
    if !dryRun, !yes { try request.confirm() }
    let results = dryRun ? request.plan() : request.run()
    results.listing().write(format)
    if let status = results.exitStatus { throw status }
  }
}
