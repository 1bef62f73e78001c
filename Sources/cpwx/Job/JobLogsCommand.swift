internal import ArgumentParser
internal import Jobs
internal import SystemPackage

struct JobLogsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract: "Print a job's logs: the orchestrator's, then each stage's in order.",
    discussion: """
      EXAMPLES
        cpwx job logs latest
        cpwx job logs 20251030-001 --stage asr
      Then see: cpwx job show JOB
      """)

  @OptionGroup var job: JobArgument

  @Option(help: .init("Only this stage's log.", valueName: "name"))
  var stage: String?

  @OptionGroup var workspaceOptions: WorkspaceOptions

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let paths = try JobCatalog(workspace).find(job.job)
    let logs = JobLogs(of: paths)
    if let stage {
      Console.out(raw: try DurableFile.read(try logs.file(of: stage)))
      return
    }
    for file in logs.files {
      Console.out("==> \(file.lastComponent?.string ?? "") <==")
      let bytes = try DurableFile.read(file)
      Console.out(raw: bytes)
      if let last = bytes.last, last != 0x0A { Console.out("") }
    }
  }
}
