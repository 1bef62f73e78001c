internal import SystemPackage
internal import Archive
internal import ArgumentParser
internal import Index
internal import Jobs
internal import Pipeline

struct JobRerunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rerun",
    abstract: "Do a job once more, as a new one: its settings, its pipeline, its film, found by content.",
    discussion: """
      The new job has the old one's job.env but for its own id and folders, and is run by the pipeline file that the old \
      one was last run by. The old one may be archived, and stays as it is. The film may have another name or place \
      below in/ by now.

      EXAMPLES
        cpwx job rerun 20251030-001
        cpwx job rerun 20251030-001 --no-run
      Then see: cpwx manifest diff 20251030-001 latest
      """)

  @OptionGroup var job: JobArgument

  @Flag(inversion: .prefixedNo, help: "Run it; else it is made, and its id printed.")
  var run = true

  @OptionGroup var workOptions: WorkOptions

  func run() async throws {
    let workspace = try workOptions.open()
    let format = try workOptions.resolved()
    let old = try workspace.job(named: job.job)
    let paths = old.paths(in: workspace)
    if !old.isArchived, !exists(paths.manifest) {
      throw JobError(
        .usage, old.jobID, "has not run: it has no manifest yet", remedy: "Run the film itself: cpwx run FILE")
    }
    let env = old.isArchived ? try old.archivedFile("job.env", in: workspace) : try DurableFile.read(paths.env)
    let settings = try EnvFile(parsing: env, of: paths.env)
    try SettingsCheck(workspace, environment: processEnvironment()).require(settings, of: paths)
    let manifest = old.isArchived ? try old.archivedManifest(in: workspace) : try Manifest(reading: paths.manifest)
    let recorded = manifest.document["input"] ?? .null
    if recorded["file"]?.string == nil {
      throw JobError(
        .damaged, old.jobID, "names no film to go on with", remedy: "Run the film itself: cpwx run FILE")
    }
    let input = try FilmSearch.input(recorded, in: workspace)
    let workflow = manifest.document["pipeline"]?["workflow"]?.string
    let pipeline = try pipeline(of: old, in: workspace)
    if pipeline == nil, !workOptions.quiet {
      Console.note(wrapping: "\(old.jobID) kept no pipeline file: today's pipeline is used")
    }
    let made = try JobManager(workspace).createJob(
      userID: try Int(old.userID) ?? workspace.configuredUser, by: caller(processEnvironment()),
      settings: settings, pipeline: pipeline, input: input)
    let id = made.paths.id.description
    var choice = ["--resume", id]
    if let workflow { choice += ["--workflow", workflow] }
    if pipeline != nil { choice += ["--pipeline", made.paths.pipeline.string] }
    guard run else {
      switch format {
      case .table: Console.out(id)
      case .json: Console.out(raw: made.info.document.bytes())
      case .ndjson, .csv: Listing(rows: [made.info.document], columns: []).write(format)
      }
      if workOptions.workspaceOptions.directory != nil { choice += ["-C", workspace.root.string] }
      let words = choice.map(\.asShellWord).joined(separator: " ")
      if !workOptions.quiet { Console.note("Run it with: cpwx run \(words)") }
      return
    }
    if !workOptions.quiet { Console.note(wrapping: "\(old.jobID) is done once more as \(id)") }
    var arguments = ["--format", Style.isPlain ? "plain" : format.rawValue, "-C", workspace.root.string]
    arguments += ["--color", workOptions.formatOptions.color.rawValue]
    if workOptions.quiet { arguments.append("--quiet") }
    if workOptions.isVerbose { arguments.append("--verbose") }
    guard let command = try RunCommand.parseAsRoot(arguments + choice) as? RunCommand else { return }
    try await command.run()
  }

  /// The text of the pipeline file that the job was last run by; `nil` where it kept none.
  private func pipeline(of job: IndexedJob, in workspace: Workspace) throws -> [UInt8]? {
    guard job.isArchived else {
      let file = job.paths(in: workspace).pipeline
      return exists(file) ? try DurableFile.read(file) : nil
    }
    do {
      return try job.archivedFile("pipeline.yaml", in: workspace)
    } catch let error as JobError where error.code == .usage {
      return nil
    }
  }
}
