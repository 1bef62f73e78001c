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

  @Flag(name: [.short, .long], help: "Say nothing but errors.")
  var quiet = false

  @OptionGroup var workspaceOptions: WorkspaceOptions

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let count = try Reindex(of: workspace).run(notice: quiet ? IndexNotice { Console.error($0) } : .console)
    if !quiet { Console.out("\(count) \(count == 1 ? "job" : "jobs") indexed") }
  }
}
