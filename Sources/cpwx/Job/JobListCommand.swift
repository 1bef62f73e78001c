internal import ArgumentParser
internal import Jobs

struct JobListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List jobs, newest first.",
    discussion: """
      EXAMPLES
        cpwx job list
        cpwx job list --limit 5 --format json
      Then see: cpwx job show JOB
      """)

  @Option(help: .init("At most this many; 0 for all.", valueName: "number"))
  var limit = 50

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let format = try formatOptions.resolved()
    let jobs = JobCatalog(workspace).newestFirst().prefix(limit > 0 ? limit : .max)
    Listing(
      rows: jobs.map { JobSummary($0, in: workspace).document },
      columns: [
        .init("JOB", key: "job_id"), .init("USER", key: "user_id"), .init("STATUS", key: "status"),
        .init("TITLE", key: "title"), .init("YEAR", key: "year"), .init("STAGE", key: "stage"),
        .init("CREATED") { String((($0["created_at"]?.string) ?? "").prefix(16).map { $0 == "T" ? " " : $0 }) },
      ]
    ).write(format)
  }
}
