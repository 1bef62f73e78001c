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
    let inquiry = try Inquiry(subject, absolute(workspaceOptions.place(subject)), in: workspace)
    let document = Secrets.masked(inquiry.document, inquiry.secrets)
    switch format {
    case .json: Console.out(raw: document.bytes())
    case .ndjson, .csv: Listing(rows: [document], columns: []).write(format)
    case .table:
      Console.out(wrapping: plain(document["why"] ?? .null).onOneLine)
      for line in document["history"]?.array ?? [] {
        Console.out(wrapping: "  \(plain(line))".onOneLine, hanging: 4)
      }
    }
  }
}

/// What is asked about, looked up.
private struct Inquiry {
  private let account: JobAccount
  private let jobID: String?
  let secrets: [String]

  /// - Parameters:
  ///   - subject: as it was typed.
  ///   - file: where a film is, should it be one's path.
  init(_ subject: String, _ file: FilePath, in workspace: Workspace) throws {
    let environment = processEnvironment()
    let notice = IndexNotice.console
    let pipeline = try PipelineDefinition.load(for: workspace)
    let batch = FilmBatch(
      workspace: workspace, user: try workspace.configuredUser, pipeline: pipeline,
      selection: try StageSelection(of: pipeline), workflow: nil, again: false, renewsConfig: false,
      options: BatchOptions(), environment: environment, toolFolders: [], index: nil)
    let film = try batch.nightDecision(on: file, notice: notice)
    if let film, film.job == nil {
      account = JobAccount(of: film, mention: BatchMention(of: film.input, since: nil, in: workspace))
      (jobID, secrets) = (nil, [])
      return
    }
    let job = try film?.job ?? Self.job(subject, file, in: workspace)
    var (next, problem): (InputDecision?, String?) = (film, nil)
    do {
      next =
        try next ?? batch.plan(inputs: [], resumed: [job.output.string], asNight: true, notice: notice).films.first
    } catch let error as JobError {
      problem = "\(error.subject): \(error.message)"
    }
    let standing = try? Manifest(reading: job.manifest)
    let archived =
      standing == nil ? (try? workspace.job(named: job.output.string)).flatMap { $0.isArchived ? $0 : nil } : nil
    let manifest = standing ?? archived.flatMap { try? $0.archivedManifest(in: workspace) }
    var events = manifest?.events ?? []
    let isRunning = FileLock.isHeld(job.lock)
    if !isRunning, let interruption = manifest?.interruption { events.append(interruption) }
    let input = next?.input ?? manifest?.inputFile.map { workspace.resolve(documentPath: $0) }
    account = JobAccount(
      of: job.id.description, events: events, isDamaged: manifest == nil && (exists(job.manifest) || archived != nil),
      status: manifest?.status(isRunning: isRunning),
      mention: input.flatMap { BatchMention(of: $0, since: events.last?.at, in: workspace) }, next: next,
      problem: problem)
    jobID = job.id.description
    secrets = Secrets.values(ofJobIn: job.output, workspace: workspace, outer: environment)
  }

  /// The job that is named by its own name, or by that of a film that is not there any more.
  private static func job(_ subject: String, _ file: FilePath, in workspace: Workspace) throws -> JobPaths {
    let isMedia = MediaFiles.isMedia(file.lastComponent?.string ?? "")
    do {
      return try workspace.job(named: subject).paths(in: workspace)
    } catch let error as JobError where error.code == .usage && (isMedia || exists(file)) {
      if exists(file) {
        let isFilm = isMedia || isDirectory(file)
        throw isFilm ? error : JobError(.usage, subject, "is neither a film, by its ending, nor in a job")
      }
      let films = try JobIndex.look(in: workspace, notice: .console) {
        try $0.films(ofInputs: [subject, workspace.documentPath(file)], content: nil)
      }
      if let job = films.last?.job { return job.paths(in: workspace) }
      throw JobError(
        .usage, subject, "no such file, and no job's film",
        remedy: "See the jobs with: cpwx job list, or look for one with: cpwx job find WORDS")
    }
  }

  var document: JSON {
    [
      "job_id": .string(jobID), "why": .string(account.sentence), "decision": .string(account.decision?.rawValue),
      "reason": .string(account.reason), "history": .strings(account.lines),
    ]
  }
}
