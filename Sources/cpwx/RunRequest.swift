internal import Archive
internal import ArgumentParser
internal import Engines
internal import Index
internal import Jobs
internal import Pipeline
internal import SystemPackage
internal import TextWidth

/// What a `cpwx run` asks for, its options brought together.
struct RunRequest {
  let workspace: Workspace
  let batch: FilmBatch
  let index: IndexFeed
  let inputs: [FilePath]
  private let resumed: [String]
  private let isAttaching: Bool
  /// Whether it does what another process has decided.
  private let isWorker: Bool
  /// As typed.
  private let named: [String]

  init(_ command: RunCommand) throws {
    var (paths, config, user) = (command.paths, command.config, command.user)
    let place = command.workOptions.workspaceOptions.place
    if let old = try OldForm(paths, place: place) {
      paths = [paths[0]]
      if let config, absolute(place(config)) != absolute(place(old.config)) {
        throw JobError(
          .usage, "--config \(config)", "says otherwise than \(old.config), after the film", remedy: "Name one of them."
        )
      }
      if let user, let other = old.user, user != other {
        throw JobError(
          .usage, "--user \(user)", "says otherwise than \(other), after the configuration",
          remedy: "Name one of them.")
      }
      config = config ?? old.config
      user = user ?? old.user
    }
    if let user { try JobManager.requireUser(user) }
    workspace = try command.workOptions.open(config: config)
    let environment = processEnvironment()
    if paths.isEmpty, !command.resume.isEmpty {
      let what = "is for films: a job of --resume goes on as it is, for its own user"
      if command.force { throw JobError(.usage, "--force", what) }
      if user != nil { throw JobError(.usage, "--user", what) }
    }
    let isOfJobsAlone = paths.isEmpty && !command.resume.isEmpty && config == nil
    if !command.clusterOptions.noIndex, !command.clusterOptions.attach, !isOfJobsAlone {
      try SettingsCheck(workspace, environment: environment).requireConfiguration(hasUser: user != nil)
    }
    let runner = try command.runner ?? Runner(of: workspace, environment: environment)
    let pipeline = try PipelineDefinition.load(
      for: workspace, file: command.pipeline.map { absolute(place($0)) }, runner: runner)
    if command.stages?.split(separator: ",").isEmpty == true {
      throw JobError(.usage, "--stages", "names no stage", remedy: "Expected names, as in: --stages asr,mux")
    }
    let selection = try StageSelection(
      of: pipeline, workflow: command.workflow,
      only: command.stages?.split(separator: ",").map { $0.trimmed } ?? [], from: command.fromStage)
    let options = try command.nightOptions.resolved()
    try pipeline.requireLanes(options.lanes.keys.sorted())
    isWorker = command.clusterOptions.noIndex
    index = IndexFeed(workspace, notice: IndexNotice { Console.error($0) })
    batch = FilmBatch(
      workspace: workspace, user: try user ?? workspace.configuredUser, pipeline: pipeline, selection: selection,
      workflow: command.workflow, again: command.force, renewsConfig: config != nil,
      options: options, environment: environment,
      toolFolders: stageProgramFolders(environment: environment),
      runner: runner, index: isWorker ? nil : index,
      restore: { [workspace] in try ArchivedJob($0, in: workspace).restore() },
      cluster: try Self.cluster(command, workspace, runner, environment), isWorker: isWorker)
    isAttaching = command.clusterOptions.attach
    resumed = command.resume
    if paths.contains("") {
      throw JobError(.usage, "''", "an empty path names no film", remedy: "Is it a variable that is not set?")
    }
    let standard = command.resume.isEmpty ? [workspace.inputRoot] : []
    named = paths
    inputs = paths.isEmpty ? standard : paths.map { absolute(place($0)) }
  }

  /// What the jobs are handed over with; `nil` where they are done here.
  private static func cluster(
    _ command: RunCommand, _ workspace: Workspace, _ runner: Runner, _ environment: [String: String]
  ) throws -> ClusterSettings? {
    let options = command.clusterOptions
    if options.noIndex || options.attach { return nil }
    guard try options.executor ?? Executor(of: workspace, environment: environment) == .slurm else {
      if !options.detach { return nil }
      throw JobError(.usage, "--detach", "leaves a cluster to its work: --executor slurm, or EXECUTOR=slurm")
    }
    // Not every cluster hands its tasks the caller's variables.
    var arguments = ["--runner", runner.rawValue]
    if command.config != nil { arguments += ["--config", workspace.configFile.string] }
    if let workflow = command.workflow { arguments += ["--workflow", workflow] }
    if let stages = command.stages { arguments += ["--stages", stages] }
    if let stage = command.fromStage { arguments += ["--from-stage", stage] }
    if let room = command.nightOptions.minFree { arguments += ["--min-free", room] }
    var settings = try ClusterSettings(
      workspace, environment: environment, program: runningProgram() ?? "cpwx", workerArguments: arguments)
    settings.detaches = options.detach
    return settings
  }

  /// Does what is asked for.
  func results(stop: StopSource, observe: @escaping @Sendable (RunEvent) -> Void) throws -> RunResults {
    if isAttaching {
      let name = named.first
      return RunResults(
        results: try batch.attach(to: name, stop: stop, observe: observe), workspace: workspace, secrets: batch.secrets)
    }
    return try batch.alone(over: inputs, stop: stop) {
      try films(changingNothing: false, stop: stop).run(self, stop: stop, observe: observe)
    }
  }

  func films(changingNothing: Bool, stop: StopSource? = nil) throws -> FilmBatch.Plan {
    if !changingNothing { try makeOutputRoot() }
    // Films whose jobs are archived there may be done again.
    if !isWorker, let trouble = JobIndex.archiveTrouble(in: workspace, notice: .console) {
      Console.error("\(trouble)")
    }
    let plan = try batch.plan(
      inputs: inputs, resumed: resumed, changingNothing: changingNothing, stop: stop, notice: .console)
    for film in plan.films where !changingNothing {
      let shown = Secrets.masked(
        "\(workspace.documentPath(film.input)): \(film.kind.rawValue): \(film.reason)", batch.secrets)
      Console.detail(shown.onOneLine)
    }
    return plan
  }

  /// What there is to say where no film was found; `nil` where there was one, or none was looked for.
  func noteOnNothing(_ films: Int) -> String? {
    guard films == 0, !inputs.isEmpty, !isAttaching else { return nil }
    let places = inputs.map { workspace.documentPath($0) }.joined(separator: ", ")
    return "No film is there: \(places). Films are files whose names end in .mkv, .mp4 and the like."
  }

  /// A disk that is not there has no room either, and waiting for room would be no use.
  private func makeOutputRoot() throws {
    do {
      try makeFolder(workspace.outputRoot)
    } catch let error as JobError {
      throw JobError(
        .io, workspace.outputRoot.string, "the folder for jobs cannot be made",
        remedy: "Nothing was begun. OUTPUT_ROOT of \(workspace.configFile) names it.", underlying: error.underlying)
    }
  }
}

/// A job that is to go on, and is archived.
private struct ArchivedJob {
  private let paths: JobPaths
  private let workspace: Workspace

  init(_ paths: JobPaths, in workspace: Workspace) { (self.paths, self.workspace) = (paths, workspace) }

  func restore() throws {
    ArchiveRecovery.run(in: workspace) { Console.error("\($0)") }
    if isDirectory(paths.output) { return }
    let file = try ArchiveFile(named: paths.output.string, in: { workspace }, notice: .console)
    Console.note(wrapping: "\(paths.id) is archived, and restored from \(file.name) first")
    _ = try JobRestoration(in: workspace).restore(file)
  }
}

extension Workspace {
  /// USER_ID of the configuration; 1 when it is not set.
  ///
  /// - Throws: ``JobError`` with code `configuration` when it is no number from 1.
  var configuredUser: Int {
    get throws {
      guard let text = config["USER_ID"], !text.isEmpty else { return 1 }
      if let user = Int(text), user >= 1 { return user }
      throw JobError(
        .configuration, configFile.string, "USER_ID is \"\(text)\"", remedy: "Expected a number from 1.")
    }
  }
}

/// `FILE CONFIG [USER]`, as pipeline.py took its arguments.
private struct OldForm {
  var config: String
  var user: Int?

  /// - Parameter place: where a path is that was typed.
  /// - Throws: ``JobError`` with code `usage` when the second word can be neither a configuration nor a film, or the third
  ///   neither a user nor a film.
  init?(_ arguments: [String], place: (String) -> FilePath) throws {
    guard (2...3).contains(arguments.count) else { return nil }
    let file = place(arguments[1])
    let name = file.lastComponent?.string ?? ""
    if MediaFiles.hasMediaEnding(name) || MediaFiles.isPartial(name) { return nil }
    // The settings of one film lie beside it, where in/* finds them, too.
    let isOfFilm = name.hasSuffix(".env") && MediaFiles.isMedia(String(name.dropLast(4)))
    guard let status = try? FileStatus(of: file), status.isRegular, !isOfFilm else { return nil }
    if Self.hasNoSettings(file, size: status.size) {
      throw JobError(
        .usage, arguments[1], "is neither a film, by its name, nor a configuration: no line of it is KEY=value",
        remedy: "Films end in \(MediaFiles.endings)")
    }
    config = arguments[1]
    guard arguments.count == 3 else { return }
    guard let user = Int(arguments[2]) else {
      if exists(place(arguments[2])) || MediaFiles.isMedia(arguments[2]) { return nil }
      throw JobError(
        .usage, arguments[2], "is no user", remedy: "After FILE CONFIG comes the user's id, a number from 1.")
    }
    self.user = user
  }

  /// Whether a file is plainly no configuration. An empty one may be; one that cannot be read, or is in another encoding, is
  /// told of where it is opened.
  private static func hasNoSettings(_ file: FilePath, size: Int) -> Bool {
    // A film of another ending need not be read whole.
    if size > 1 << 20 { return true }
    guard let bytes = try? DurableFile.read(file) else { return false }
    if case .encoding = TextFlaw.any(in: bytes) { return false }
    return EnvFile(parsing: bytes).isOfOtherKind
  }
}

extension Substring {
  fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
