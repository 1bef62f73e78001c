internal import ArgumentParser
internal import Index
internal import Jobs

struct JobFindCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "find",
    abstract: "Find jobs by words of the title or file name, in any order and script, or by content hash.",
    discussion: """
      Exit code 1 when nothing is found.

      EXAMPLES
        cpwx job find sholay
        cpwx job find "$(sha256sum < in/film.mkv | cut -c1-64)"
      Then see: cpwx job show JOB
      """)

  @Argument(help: .init("Words, or the beginning of a SHA-256 (6 digits or more).", valueName: "words"))
  var words: [String]

  @Option(parsing: .unconditional, help: .init("At most this many; 0 for all.", valueName: "number"))
  var limit = 50

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func validate() throws {
    if limit < 0 { throw ValidationError("--limit is a number from 0.") }
  }

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let listing = try JobListing(workspace, columns: nil, format: formatOptions.resolved())
    let most = limit == 0 ? Int.max : limit
    // One more than is told shows whether there are more.
    let found = try JobIndex.look(in: workspace, notice: .console) { index in
      try index.find(words.joined(separator: " "), limit: most == .max ? nil : most + 1)
    }
    listing.write(Array(found.prefix(most)), orSay: "No job is called so, and no film.")
    if found.isEmpty { throw ExitStatus.someFailed }
    if found.count > most, Console.errorIsRead { Console.hint("There are more: --limit 0 for all.") }
  }
}
