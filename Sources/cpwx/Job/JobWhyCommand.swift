internal import Archive
internal import ArgumentParser
internal import Index
internal import Jobs
internal import Pipeline
internal import SystemPackage
internal import TextWidth

struct JobWhyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Say why a job ran, was skipped, held or run again, and what a run would do with it now.",
    discussion: """
      EXAMPLES
        cpwx job why latest
        cpwx job why in/film.mkv
      Then see: cpwx job logs JOB
      """)

  @Argument(help: .init("A job, or a film.", valueName: "job-or-film"))
  var subject: String

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let format = try formatOptions.resolved()
    let inquiry = try Inquiry(subject, in: workspace)
    let document = Secrets.masked(inquiry.document, inquiry.secrets)
    switch format {
    case .json: Console.out(raw: document.bytes())
    case .ndjson, .csv: Listing(rows: [document], columns: []).write(format)
    case .table:
      Console.out(plain(document["why"] ?? .null).withoutControls)
      for line in document["history"]?.array ?? [] { Console.out("  \(plain(line))".withoutControls) }
    }
  }
}

/// What is asked about, looked up.
private struct Inquiry {
  private let account: JobAccount
  private let jobID: String?
  let secrets: [String]

  init(_ subject: String, in workspace: Workspace) throws {
    let environment = processEnvironment()
    let notice = IndexNotice.console
    let pipeline = try PipelineDefinition.load(for: workspace)
    let batch = FilmBatch(
      workspace: workspace, user: try workspace.configuredUser, pipeline: pipeline,
      selection: try StageSelection(of: pipeline), workflow: nil, again: false, renewsConfig: false,
      options: BatchOptions(), environment: environment, toolFolders: [], index: nil)
    let file = absolute(FilePath(subject))
    let isFilm = (try? FileStatus(of: file))?.isRegular == true && MediaFiles.isMedia(subject)
    let film = isFilm ? try batch.plan(inputs: [file], resumed: [], asNight: true, notice: notice).films.first : nil
    if let film, film.job == nil {
      (account, jobID, secrets) = (JobAccount(of: film), nil, [])
      return
    }
    let job = film?.job == nil ? try workspace.job(named: subject).paths(in: workspace) : film!.job!
    let next =
      film ?? (try? batch.plan(inputs: [], resumed: [job.output.string], asNight: true, notice: notice))?.films.first
    let manifest =
      (try? Manifest(reading: job.manifest))
      ?? (try? workspace.job(named: job.output.string)).flatMap { try? $0.archivedManifest(in: workspace) }
    let events = manifest?.events ?? []
    account = JobAccount(of: job.id.description, events: events, next: next)
    jobID = job.id.description
    secrets = Secrets.values(ofJobIn: job.output, workspace: workspace, outer: environment)
  }

  var document: JSON {
    [
      "job_id": .string(jobID), "why": .string(account.sentence), "decision": .string(account.decision?.rawValue),
      "reason": .string(account.reason), "history": .strings(account.lines),
    ]
  }
}
