internal import ArgumentParser
internal import Index
internal import Jobs

struct JobReindexCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reindex",
    abstract: "Make the index of jobs anew from the jobs' own files.",
    discussion: """
      It can be stopped at any time: until the new index is whole, the old one serves.

      EXAMPLES
        cpwx job reindex
        cpwx job reindex -C /srv/films --quiet
      Then see: cpwx job list
      """)

  @OptionGroup var workspaceOptions: WorkspaceOptions

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let count = try Reindex(of: workspace).run(notice: .console)
    if !workspaceOptions.quiet { Console.out("\(count) \(count == 1 ? "job" : "jobs") indexed") }
  }
}
