internal import Jobs
internal import SystemPackage
internal import Yams

/// A stage of the list, and the files that it declares.
extension PipelineReader {
  private static let stageKeys = [
    "name", "number", "service", "command", "arguments", "timeout", "grace", "critical", "retries", "backoff", "lane",
    "cpus", "memory", "gpus", "enabled", "env", "inputs", "outputs",
  ]

  mutating func stage(_ node: Node, _ index: Int) -> StageDefinition? {
    let before = mistakes.count
    let fields = mapping(node, "stage \(index + 1)", keys: Self.stageKeys)
    guard mistakes.count == before || !fields.isEmpty else { return nil }
    let name = fields["name"].flatMap { text($0, "name") }
    let subject = name.map { "stage '\($0)'" } ?? "stage \(index + 1)"
    if fields["name"] == nil {
      note(line(node), "\(subject) has no 'name'; expected one, of letters, digits, '_' and '-'")
    }
    if let name, !isPlainName(name) {
      note(line(fields["name"] ?? node), "'\(name)' is no stage name; expected letters, digits, '_' and '-'")
    }
    if let name, StageName(name).description.hasPrefix(JobLogs.orchestratorPrefix) {
      note(
        line(fields["name"] ?? node),
        "\(subject) would have its log called as those of runs are; expected a name that does not begin with '\(name.prefix(JobLogs.orchestratorPrefix.count))'"
      )
    }
    if fields["number"] == nil {
      note(line(node), "\(subject) has no 'number'; expected its place in the pipeline, from 1")
    }
    let number = fields["number"].flatMap { whole($0, "\(subject): number", 1...100_000) }
    var stage = StageDefinition(name: name ?? "", number: number ?? 0)
    stage.service = fields["service"].flatMap { text($0, "\(subject): service") }
    stage.command = fields["command"].flatMap { templates($0, "\(subject): command") }
    checkWork(of: stage, fields, node, subject)
    stage.arguments = fields["arguments"].flatMap { templates($0, "\(subject): arguments") } ?? []
    stage.timeout = fields["timeout"].flatMap { duration($0, "\(subject): timeout") }
    stage.grace = fields["grace"].flatMap { duration($0, "\(subject): grace") } ?? stage.grace
    stage.critical = fields["critical"].flatMap { boolean($0, "\(subject): critical") } ?? true
    stage.retries = fields["retries"].flatMap { whole($0, "\(subject): retries", 0...100) }
    stage.backoff = fields["backoff"].flatMap { duration($0, "\(subject): backoff") }
    stage.lane = fields["lane"].flatMap { text($0, "\(subject): lane") } ?? stage.lane
    if let node = fields["lane"], !isPlainName(stage.lane) {
      note(line(node), "\(subject): lane is '\(stage.lane)'; expected letters, digits, '_' and '-'")
    }
    lanesOfStages.insert(stage.lane)
    stage.cpus = fields["cpus"].flatMap { decimal($0, "\(subject): cpus", 0.01...10_000) }
    stage.memory = fields["memory"].flatMap { size($0, "\(subject): memory") }
    stage.gpus = fields["gpus"].flatMap { whole($0, "\(subject): gpus", 0...1000) }
    stage.enabled = fields["enabled"].flatMap { text($0, "\(subject): enabled") }
    stage.env = fields["env"].flatMap { strings($0, "\(subject): env") } ?? []
    if let key = stage.enabled, let node = fields["enabled"] {
      if parseSwitch(key) == nil {
        checkSetting(key, node, "\(subject): enabled")
      } else {
        note(line(node), "\(subject): enabled is '\(key)'; expected a setting's name such as STEP_DEMUX")
      }
    }
    for entry in fields["env"]?.sequence ?? [] {
      if let key = entry.scalar?.string, !isNothing(entry) { checkSetting(key, entry, "\(subject): env") }
    }
    stage.inputs = fields["inputs"].map { files($0, "\(subject): inputs").map { $0.file } }
    let outputs = fields["outputs"].map { files($0, "\(subject): outputs") } ?? []
    stage.outputs = outputs.map { $0.file }
    check(outputs, of: stage, subject)
    return name != nil && number != nil ? stage : nil
  }

  /// Notes what keeps a stage from being run: it takes a program of this machine, or a service of the compose file.
  private mutating func checkWork(
    of stage: StageDefinition, _ fields: [String: Node], _ node: Node, _ subject: String
  ) {
    if fields["command"] == nil && fields["service"] == nil {
      note(line(node), "\(subject) has neither 'command' nor 'service'; expected at least one of them")
    }
    if runner == .local, fields["command"] == nil, fields["service"] != nil {
      note(
        line(node),
        "\(subject) declares only a 'service', for docker; expected a 'command', as stages are run here, or --runner docker"
      )
    }
    if runner == .docker, fields["service"] == nil, fields["command"] != nil {
      note(
        line(node),
        "\(subject) declares only a 'command', for this machine; expected a 'service', as stages are run in containers, or --runner local"
      )
    }
    if let service = stage.service, service.isEmpty || service.hasPrefix("-"), let node = fields["service"] {
      note(line(node), "\(subject): service is '\(service)'; expected the name of a service of the compose file")
    }
    if let command = stage.command, command.first?.isEmpty != false, let node = fields["command"] {
      note(line(node), "\(subject): command is empty; expected the program and its arguments")
    }
  }

  /// A file, and the line that its path stands in.
  typealias DeclaredFile = (file: FileDeclaration, line: Int)

  /// Outputs lie in the job's folder, are none of its records, and no other stage's.
  private mutating func check(_ outputs: [DeclaredFile], of stage: StageDefinition, _ subject: String) {
    var keys: Set<String> = []
    for (output, line) in outputs {
      let path = Self.local(output.path, stage)
      let found = "\(subject): output '\(output.key)' is '\(output.path)'"
      if !Self.isInsideJob(output.path) { note(line, "\(found); expected a path inside the job's folder") }
      if Self.ownFiles.contains(path) {
        note(line, "\(found), which is a record of the job; expected a file of the stage")
      }
      if let maker = makers[path], maker != stage.name {
        note(line, "\(found), as one of '\(maker)' is; expected a file of its own")
      } else if !stage.name.isEmpty {
        makers[path] = stage.name
      }
      if !keys.insert(output.key).inserted {
        note(line, "\(subject): output '\(output.key)' is declared twice; expected each key once")
      }
    }
  }

  /// `{key: path}`, `{key: {path, description, optional}}` or `[{key, path, …}]`.
  mutating func files(_ node: Node, _ subject: String) -> [DeclaredFile] {
    switch node {
    case .mapping(let mapping):
      return mapping.compactMap { key, value in
        guard let name = key.string else {
          note(line(key), "\(subject): a key is \(kind(key)); expected a name")
          return nil
        }
        return file(value, key: name, "\(subject) '\(name)'")
      }
    case .sequence(let sequence):
      return sequence.compactMap { entry in
        guard case .mapping = entry else {
          note(line(entry), "\(subject): found \(kind(entry)); expected {key: …, path: …}")
          return nil
        }
        return file(entry, key: nil, subject)
      }
    case .scalar(let scalar) where scalar.string.isEmpty || scalar.string == "null": return []
    default:
      note(line(node), "\(subject) is \(kind(node)); expected files as key: {path: …, description: …}")
      return []
    }
  }

  mutating func file(_ node: Node, key: String?, _ subject: String) -> DeclaredFile? {
    if case .scalar(let scalar) = node, let key {
      checkPlaceholders(scalar.string, node, subject)
      return (FileDeclaration(key: key, path: scalar.string), line(node))
    }
    let fields = mapping(node, subject, keys: ["path", "description", "optional"] + (key == nil ? ["key"] : []))
    let name = key ?? fields["key"].flatMap { text($0, "\(subject): key") }
    guard let name, !name.isEmpty else {
      note(line(node), "\(subject): 'key' is missing; expected {key: …, path: …}")
      return nil
    }
    guard let path = fields["path"].flatMap({ text($0, "\(subject): path") }), !path.isEmpty else {
      note(line(node), "\(subject): 'path' is missing; expected a path from the job's folder")
      return nil
    }
    let place = fields["path"] ?? node
    checkPlaceholders(path, place, subject)
    let file = FileDeclaration(
      key: name, path: path, description: fields["description"].flatMap { text($0, "\(subject): description") } ?? "",
      optional: fields["optional"].flatMap { boolean($0, "\(subject): optional") } ?? false)
    return (file, line(place))
  }

  /// Names that no line of an env file can set are mistakes.
  private mutating func checkSetting(_ key: String, _ node: Node, _ subject: String) {
    if EnvFile.isKey(key) { return }
    note(
      line(node), "\(subject): '\(key)' is no setting's name; expected letters, digits and '_', with no digit first")
  }

  /// What cpwx keeps in a job's folder itself.
  private static let ownFiles: Set<String> = [
    "manifest.json", "job_info.json", "job.env", "pipeline.yaml", JobPaths.lockName.string, ".cpwx.cancelled",
    ".cpwx.container", JobPaths.progressName, ".manifest.lock",
  ]

  private static func isInsideJob(_ path: String) -> Bool {
    let elsewhere: Set<String> = ["input", "input_dir", "workspace", "log_dir", "config"]
    guard elsewhere.isDisjoint(with: Placeholders.used(in: path)) else { return false }
    let local = path.hasPrefix("{job_dir}/") ? String(path.dropFirst("{job_dir}/".count)) : path
    let parts = local.split(separator: "/")
    return !local.hasPrefix("/") && !parts.contains("..") && parts.contains { $0 != "." }
  }
}
