internal import Jobs
internal import SystemPackage

/// One job's values as its stages need them: settings, secrets, placeholders, environment.
struct JobContext {
  let workspace: Workspace
  let paths: JobPaths
  let input: FilePath
  let title: String
  let year: Int?
  let filmHash: String
  let settings: [String: String]
  /// Those of the settings whose values are no UTF-8, byte for byte.
  let settingsOfNoText: [String: [UInt8]]
  let secrets: [String]

  /// - Throws: ``JobError`` when job.env cannot be read.
  init(
    workspace: Workspace, paths: JobPaths, input: FilePath, title: String, year: Int?, filmHash: String,
    environment: [String: String]
  ) throws {
    let env = try EnvFile(parsing: DurableFile.read(paths.env), of: paths.env)
    // A migrated job's file holds no secrets: the workspace's configuration does.
    let secretSettings = workspace.config.byteValues(outer: environment).filter {
      Secrets.isSecret($0.key, String(decoding: $0.value, as: UTF8.self))
    }
    let outer = Dictionary(environment.map { ($0, environmentBytes($0, $1)) }, uniquingKeysWith: { $1 })
    let standing = Dictionary(secretSettings, uniquingKeysWith: { $1 }).merging(outer) { $1 }
    let values = env.byteValues(outer: environment).map { ($0, $1.isEmpty ? standing[$0] ?? [] : $1) }
    let bytes = Dictionary(values, uniquingKeysWith: { $1 })
    var settings = bytes.mapValues { String(decoding: $0, as: UTF8.self) }
    settingsOfNoText = bytes.filter { String(validating: $0.value, as: UTF8.self) == nil }
    if env.isForContainers { settings.nameFoldersAsHost(of: paths, in: workspace) }
    self.settings = settings
    secrets = Secrets.values(of: env, andOf: workspace, outer: environment)
    (self.workspace, self.paths, self.input) = (workspace, paths, input)
    (self.title, self.year, self.filmHash) = (title, year, filmHash)
  }

  /// A setting; `nil` when absent or empty.
  func setting(_ key: String) -> String? { settings[key]?.nonEmpty }

  /// A setting, empty when absent, told from every other one also where it is no UTF-8.
  func textOfAnySetting(_ key: String) -> String {
    settingsOfNoText[key].map { percentEncoded($0, keeping: "") } ?? settings[key] ?? ""
  }

  /// Whether the stage's own setting leaves it out.
  func isSwitchedOff(_ stage: StageDefinition) -> Bool {
    stage.enabled.flatMap { setting($0) }.flatMap { parseSwitch($0) } == false
  }

  /// Why a job cannot be done to its end, for people: a stage that matters reads what is not there, and the one that makes
  /// it is switched off. `nil` when nothing is so.
  ///
  /// Said before hours of work, not after them. What a stage has done may stand without what it read, and one that declares
  /// no outputs may make anything: nothing is said then.
  func contradiction(in selection: StageSelection, _ manifest: Manifest) -> String? {
    for stage in selection.wanted where stage.critical && !isSwitchedOff(stage) {
      let isDone = [.success, .skipped].contains(manifest.stage(stage.name)?.status)
      if isDone && !selection.forced.contains(stage.canonicalName) { continue }
      let earlier = selection.wanted.filter { $0.number < stage.number && !isSwitchedOff($0) }
      if earlier.contains(where: \.outputs.isEmpty) { continue }
      let inputs = inputs(of: stage)
      for input in inputs where !input.optional {
        // Of one key any that is there will do.
        if inputs.contains(where: { $0.key == input.key && exists(path(of: $0, stage)) }) { continue }
        let needed = path(of: input, stage)
        let maker = selection.all.first { maker in
          isSwitchedOff(maker) && maker.outputs.contains { path(of: $0, maker) == needed }
        }
        guard let maker, let key = maker.enabled else { continue }
        let reason = "needs \(input.path) of \(maker.name), which \(key)=\(setting(key) ?? "") in job.env leaves out"
        return "\(stage.name): \(reason)"
      }
    }
    return nil
  }

  /// - Parameter name: what the stage knows a path of this machine as.
  func placeholders(
    for stage: StageDefinition, naming name: (FilePath) -> String = { $0.string }
  ) -> Placeholders {
    Placeholders([
      "input": name(input),
      "input_dir": FilePath(name(input)).removingLastComponent().string,
      "input_name": input.lastComponent?.string ?? "",
      "input_stem": input.stem ?? "",
      "job_dir": name(paths.output),
      "job_name": paths.id.description,
      "log_dir": name(paths.logs),
      "title": title,
      "year": year.map(String.init) ?? "",
      "config": name(paths.temporaryEnv),
      "job_id": paths.id.description,
      "user_id": String(paths.userID),
      "stage": stage.name,
      "workspace": name(workspace.root),
    ])
  }

  /// Where a declared file lies.
  func path(of file: FileDeclaration, _ stage: StageDefinition) -> FilePath {
    resolve(placeholders(for: stage).expand(file.path) ?? "", against: paths.output)
  }

  /// What a stage reads beside the film, as far as it is there.
  func neighbours(for stage: StageDefinition) -> [FilePath] {
    let folder = input.removingLastComponent()
    return inputs(of: stage).map { path(of: $0, stage) }.filter {
      $0 != input && $0.removingLastComponent() == folder && exists($0)
    }
  }

  /// The files that a stage reads: an optional one whose key another one before it has is an alternative to that, and
  /// counts only where it is there and that is not.
  func inputs(of stage: StageDefinition) -> [FileDeclaration] {
    var found: [String: Bool] = [:]
    return (stage.inputs ?? []).filter { file in
      let isThere = exists(path(of: file, stage))
      let earlier = found[file.key]
      found[file.key] = earlier == true || isThere
      return earlier == nil || !file.optional || (earlier == false && isThere)
    }
  }

  func logFile(of stage: StageDefinition) -> FilePath {
    paths.logs.appending("\(stage.canonicalName).log")
  }

  var marker: String { Orphans.marker(of: paths) }

  /// A stage's environment: the caller's, the job's settings over it, and what tells a stage where it is.
  func environment(for stage: StageDefinition, attempt: Int, over outer: [String: String]) -> [String: String] {
    var environment = outer.merging(settings) { $1 }
    environment["CONFIG_PATH"] = paths.temporaryEnv.string
    environment[Orphans.variable] = paths.output.string
    for (name, value) in names(of: stage, attempt: attempt) { environment[name] = value }
    return environment
  }

  /// What tells a stage where and what it is.
  func names(
    of stage: StageDefinition, attempt: Int, naming name: (FilePath) -> String = { $0.string }
  ) -> KeyValuePairs<String, String> {
    [
      "CPWX_WORKSPACE": name(workspace.root), "CPWX_JOB_DIR": name(paths.output),
      "CPWX_JOB_ID": paths.id.description, "CPWX_STAGE": stage.canonicalName.description,
      "CPWX_ATTEMPT": String(attempt),
    ]
  }
}

extension [String: String] {
  /// Has settings that were made for containers name folders as this machine does: what decides whether a stage runs
  /// again does not depend on who runs it.
  fileprivate mutating func nameFoldersAsHost(of paths: JobPaths, in workspace: Workspace) {
    let places = ContainerPlaces(workspace)
    for (key, value) in self {
      if let path = places.hostPath(of: value) { self[key] = path.string }
    }
    self["OUTPUT_ROOT"] = workspace.documentPath(paths.output)
    self["LOG_ROOT"] = workspace.documentPath(paths.logs)
  }
}
