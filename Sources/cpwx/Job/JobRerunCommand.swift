internal import SystemPackage
internal import Archive
internal import ArgumentParser
internal import Index
internal import Jobs
internal import Pipeline

struct JobRerunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rerun",
    abstract: "Do a job once more, as a new one: its settings, its workflow, its film, found by content.",
    discussion: """
      The new job has the old one's job.env but for its own id and folders; the old one may be archived, and stays as it \
      is. The film may have another name or place below in/ by now.

      EXAMPLES
        cpwx job rerun 20251030-001
        cpwx job rerun 20251030-001 --no-run
      Then see: cpwx manifest diff 20251030-001 latest
      """)

  @OptionGroup var job: JobArgument

  @Flag(inversion: .prefixedNo, help: "Run it; else it is made, and its id printed.")
  var run = true

  @Flag(name: [.short, .long], help: "Say nothing but errors and the result.")
  var quiet = false

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let format = try formatOptions.resolved()
    let old = try workspace.job(named: job.job)
    let paths = old.paths(in: workspace)
    let env = old.isArchived ? try old.archivedFile("job.env", in: workspace) : try DurableFile.read(paths.env)
    let manifest = old.isArchived ? try old.archivedManifest(in: workspace) : try Manifest(reading: paths.manifest)
    let input = try FilmSearch.input(manifest.document["input"] ?? .null, in: workspace)
    let workflow = manifest.document["pipeline"]?["workflow"]?.string
    let made = try JobManager(workspace).createJob(
      userID: try Int(old.userID) ?? workspace.configuredUser, settings: EnvFile(parsing: env), input: input)
    let id = made.paths.id.description
    guard run else {
      switch format {
      case .table: Console.out(id)
      case .json: Console.out(raw: made.info.document.bytes())
      case .ndjson, .csv: Listing(rows: [made.info.document], columns: []).write(format)
      }
      if !quiet {
        Console.note("Run it with: cpwx run --resume \(id)" + (workflow.map { " --workflow \($0)" } ?? ""))
      }
      return
    }
    if !quiet { Console.note("\(old.jobID) is done once more as \(id)") }
    var arguments = ["--format", format.rawValue, "-C", workspace.root.string]
    if let workflow { arguments += ["--workflow", workflow] }
    if quiet { arguments.append("--quiet") }
    guard let command = try RunCommand.parseAsRoot(arguments + ["--resume", id]) as? RunCommand else { return }
    try await command.run()
  }
}
