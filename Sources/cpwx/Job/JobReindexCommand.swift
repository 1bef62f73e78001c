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
    let isLive = Console.errorIsTerminal && !quiet
    let reindex = Reindex(of: workspace) { progress in
      guard isLive else { return }
      Console.write("\r\u{1B}[K\(progress.jobs) jobs, day \(progress.daysDone) of \(progress.days)", to: 2)
    }
    let count = try reindex.run { Console.error($0) }
    if isLive { Console.write("\r\u{1B}[K", to: 2) }
    if !quiet { Console.out("\(count) \(count == 1 ? "job" : "jobs") indexed") }
  }
}
