internal import ArgumentParser

struct JobCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "job",
    abstract: "Make jobs and look at them.",
    discussion: """
      EXAMPLES
        cpwx job list
        cpwx job show latest
      Then see: cpwx job list, cpwx job show
      """,
    subcommands: [
      JobCreateCommand.self, JobListCommand.self, JobFindCommand.self, JobShowCommand.self, JobLogsCommand.self,
      JobWhyCommand.self, JobStatsCommand.self, JobEnvCommand.self, JobPathCommand.self, JobCancelCommand.self,
      JobRerunCommand.self, JobRmCommand.self, JobReindexCommand.self,
    ])
}
