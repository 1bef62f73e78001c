internal import ArgumentParser
internal import Jobs
internal import SystemPackage

struct JobPathCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "path",
    abstract: "Print where a job lies.",
    discussion: """
      EXAMPLES
        cpwx job path latest
        cd "$(cpwx job path 20251030-001)"
      Then see: cpwx job show JOB
      """)

  @OptionGroup var job: JobArgument

  @Flag(help: "The folder of its logs instead.")
  var logs = false

  @OptionGroup var workspaceOptions: WorkspaceOptions

  func run() async throws {
    let paths = try workspaceOptions.open().paths(ofJob: job.job)
    Console.out((logs ? paths.logs : paths.output).string)
  }
}
