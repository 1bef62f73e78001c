public import Jobs
public import SystemPackage
internal import Defaults
internal import Yams

/// What is wrong in a pipeline file, all of it at once.
public struct PipelineFileError: Error, Sendable, CustomStringConvertible {
  public struct Mistake: Sendable, Equatable {
    /// Counted from 1.
    public var line: Int
    /// What is there and what was expected.
    public var message: String
  }

  public var file: String
  public var mistakes: [Mistake]

  public var description: String {
    mistakes.map { "\(file):\($0.line): \($0.message)" }.joined(separator: "\n")
  }
}

extension PipelineDefinition {
  /// The pipeline of a workspace: `file` if given, else its config/pipeline.yaml, else the ten documented stages.
  ///
  /// - Throws: ``PipelineFileError``, or ``JobError`` when the file cannot be read.
  public static func load(for workspace: Workspace, file: FilePath? = nil) throws -> PipelineDefinition {
    guard let path = file ?? (exists(workspace.pipelineFile) ? workspace.pipelineFile : nil) else {
      return try standard
    }
    let bytes: [UInt8]
    do {
      bytes = try DurableFile.read(path)
    } catch let error as JobError {
      throw JobError(.configuration, path.string, "the pipeline cannot be read", underlying: error.underlying)
    }
    return try PipelineDefinition(yaml: String(decoding: bytes, as: UTF8.self), file: path.string)
  }

  /// The ten documented stages.
  public static var standard: PipelineDefinition {
    get throws {
      try PipelineDefinition(
        yaml: String(decoding: Defaults.pipeline, as: UTF8.self), file: "the built-in pipeline.yaml")
    }
  }

  /// Reads a pipeline file's text.
  ///
  /// - Throws: ``PipelineFileError`` with every mistake found.
  public init(yaml: String, file: String) throws {
    var reader = PipelineReader()
    let definition = reader.read(yaml)
    guard reader.mistakes.isEmpty, let definition else {
      throw PipelineFileError(file: file, mistakes: reader.mistakes.sorted { $0.line < $1.line })
    }
    self = definition
    source = Array(yaml.utf8)
  }
}

/// Turns YAML nodes into a definition, gathering mistakes on the way.
private struct PipelineReader {
  var mistakes: [PipelineFileError.Mistake] = []

  mutating func read(_ yaml: String) -> PipelineDefinition? {
    let root: Node
    do {
      guard let node = try Yams.compose(yaml: yaml, .basic) else {
        note(1, "the file is empty; expected 'name' and 'stages'")
        return nil
      }
      root = node
    } catch {
      noteSyntax(error)
      return nil
    }
    let fields = mapping(root, "the file", keys: ["name", "workflows", "lanes", "stages"])
    let name = fields["name"].flatMap { text($0, "name") } ?? "pipeline"
    guard let list = fields["stages"] else {
      note(line(root), "'stages' is missing; expected a list of stages")
      return nil
    }
    guard case .sequence(let sequence) = list else {
      note(line(list), "'stages' is \(kind(list)); expected a list of stages")
      return nil
    }
    if sequence.isEmpty { note(line(list), "'stages' is empty; expected at least one stage") }
    var stages: [StageDefinition] = []
    for (index, node) in sequence.enumerated() {
      guard let stage = stage(node, index) else { continue }
      if let twin = stages.first(where: { $0.canonicalName == stage.canonicalName }) {
        note(
          line(node),
          "stage '\(stage.name)' is declared twice (hyphens and underscores name the same stage: '\(twin.name)')")
      }
      if let twin = stages.first(where: { $0.number == stage.number }) {
        note(
          line(node),
          "stage '\(stage.name)' has number \(stage.number), as '\(twin.name)' has; expected a number of its own")
      }
      stages.append(stage)
    }
    var definition = PipelineDefinition(name: name, stages: stages.sorted { $0.number < $1.number })
    if let node = fields["lanes"] { definition.lanes = lanes(node) }
    if let node = fields["workflows"] { definition.workflows = workflows(node, among: definition) }
    return definition
  }

  private mutating func lanes(_ node: Node) -> [String: Int] {
    var result: [String: Int] = [:]
    for (lane, value) in mapping(node, "lanes", keys: nil) {
      if !isPlainName(lane) { note(line(value), "'\(lane)' is no lane's name; expected letters, digits, '_' and '-'") }
      result[lane] = whole(value, "lane '\(lane)'", 1...1000)
    }
    return result
  }

  private mutating func workflows(_ node: Node, among definition: PipelineDefinition) -> [String: [String]] {
    var result: [String: [String]] = [:]
    for (key, value) in mapping(node, "workflows", keys: nil) {
      let names = strings(value, "workflow '\(key)'") ?? []
      if names.isEmpty { note(line(value), "workflow '\(key)' names no stage; expected a list of stages") }
      for name in names where definition.stage(name) == nil {
        note(
          line(value),
          "workflow '\(key)' names '\(name)', which is no stage here\(hint(name, definition.stages.map(\.name)))")
      }
      result[key] = names
    }
    return result
  }

  private static let stageKeys = [
    "name", "number", "service", "command", "arguments", "timeout", "grace", "critical", "retries", "backoff", "lane",
    "enabled", "env", "inputs", "outputs",
  ]

  private mutating func stage(_ node: Node, _ index: Int) -> StageDefinition? {
    let before = mistakes.count
    let fields = mapping(node, "stage \(index + 1)", keys: Self.stageKeys)
    guard mistakes.count == before || !fields.isEmpty else { return nil }
    let name = fields["name"].flatMap { text($0, "name") }
    let subject = name.map { "stage '\($0)'" } ?? "stage \(index + 1)"
    if fields["name"] == nil { note(line(node), "\(subject) has no 'name'") }
    if let name, !isPlainName(name) {
      note(line(fields["name"] ?? node), "'\(name)' is no stage name; expected letters, digits, '_' and '-'")
    }
    if fields["number"] == nil {
      note(line(node), "\(subject) has no 'number'; expected its place in the pipeline, from 1")
    }
    let number = fields["number"].flatMap { whole($0, "\(subject): number", 1...100_000) }
    var stage = StageDefinition(name: name ?? "", number: number ?? 0)
    stage.service = fields["service"].flatMap { text($0, "\(subject): service") }
    stage.command = fields["command"].flatMap { templates($0, "\(subject): command") }
    if fields["command"] == nil && fields["service"] == nil {
      note(line(node), "\(subject) has neither 'command' nor 'service'; expected at least one of them")
    }
    if let command = stage.command, command.first?.isEmpty != false, let node = fields["command"] {
      note(line(node), "\(subject): command is empty; expected the program and its arguments")
    }
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
    stage.enabled = fields["enabled"].flatMap { text($0, "\(subject): enabled") }
    stage.env = fields["env"].flatMap { strings($0, "\(subject): env") } ?? []
    stage.inputs = fields["inputs"].map { files($0, "\(subject): inputs") }
    stage.outputs = fields["outputs"].map { files($0, "\(subject): outputs") } ?? []
    for output in stage.outputs where !Self.isInsideJob(output.path) {
      note(
        line(fields["outputs"] ?? node),
        "\(subject): output '\(output.key)' is '\(output.path)'; expected a path inside the job's folder")
    }
    return name != nil && number != nil ? stage : nil
  }

  /// `{key: path}`, `{key: {path, description, optional}}` or `[{key, path, …}]`.
  private mutating func files(_ node: Node, _ subject: String) -> [FileDeclaration] {
    switch node {
    case .mapping(let mapping):
      return mapping.compactMap { key, value in
        guard let name = key.string else { return nil }
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

  private mutating func file(_ node: Node, key: String?, _ subject: String) -> FileDeclaration? {
    if case .scalar(let scalar) = node, let key {
      checkPlaceholders(scalar.string, node, subject)
      return FileDeclaration(key: key, path: scalar.string)
    }
    let fields = mapping(node, subject, keys: ["path", "description", "optional"] + (key == nil ? ["key"] : []))
    let name = key ?? fields["key"].flatMap { text($0, "\(subject): key") }
    guard let name, !name.isEmpty else {
      note(line(node), "\(subject): 'key' is missing")
      return nil
    }
    guard let path = fields["path"].flatMap({ text($0, "\(subject): path") }), !path.isEmpty else {
      note(line(node), "\(subject): 'path' is missing; expected a path from the job's folder")
      return nil
    }
    checkPlaceholders(path, node, subject)
    return FileDeclaration(
      key: name, path: path, description: fields["description"].flatMap { text($0, "\(subject): description") } ?? "",
      optional: fields["optional"].flatMap { boolean($0, "\(subject): optional") } ?? false)
  }

  // MARK: - Scalars

  private mutating func text(_ node: Node, _ subject: String) -> String? {
    if case .scalar(let scalar) = node { return scalar.string }
    note(line(node), "\(subject) is \(kind(node)); expected a text")
    return nil
  }

  private mutating func whole(_ node: Node, _ subject: String, _ range: ClosedRange<Int>) -> Int? {
    if case .scalar(let scalar) = node, let value = Int(scalar.string), range.contains(value) { return value }
    note(
      line(node), "\(subject) is \(kind(node)); expected a whole number from \(range.lowerBound) to \(range.upperBound)"
    )
    return nil
  }

  private mutating func boolean(_ node: Node, _ subject: String) -> Bool? {
    if case .scalar(let scalar) = node, let value = parseSwitch(scalar.string) { return value }
    note(line(node), "\(subject) is \(kind(node)); expected true or false")
    return nil
  }

  private mutating func duration(_ node: Node, _ subject: String) -> Double? {
    if case .scalar(let scalar) = node, let value = parseDuration(scalar.string), value > 0, value < 1e8 {
      return value
    }
    note(line(node), "\(subject) is \(kind(node)); expected a duration such as 90s, 10m or 4h, up to three years")
    return nil
  }

  private mutating func strings(_ node: Node, _ subject: String) -> [String]? {
    guard case .sequence(let sequence) = node else {
      note(line(node), "\(subject) is \(kind(node)); expected a list such as [one, two]")
      return nil
    }
    return sequence.compactMap { text($0, "an entry of \(subject)") }
  }

  private mutating func templates(_ node: Node, _ subject: String) -> [String]? {
    guard let list = strings(node, subject) else { return nil }
    for template in list { checkPlaceholders(template, node, subject) }
    return list
  }

  private mutating func checkPlaceholders(_ template: String, _ node: Node, _ subject: String) {
    for name in Placeholders.used(in: template) where !Placeholders.names.contains(name) {
      let known = Placeholders.names.sorted().map { "{\($0)}" }.joined(separator: " ")
      note(
        line(node),
        "\(subject): '{\(name)}' is no placeholder\(hint(name, Array(Placeholders.names))); expected one of \(known), or {{\(name)}} for the text itself"
      )
    }
  }

  private mutating func mapping(_ node: Node, _ subject: String, keys: [String]?) -> [String: Node] {
    guard case .mapping(let mapping) = node else {
      note(line(node), "\(subject) is \(kind(node)); expected key: value pairs")
      return [:]
    }
    var result: [String: Node] = [:]
    for (key, value) in mapping {
      guard let name = key.string else {
        note(line(key), "\(subject): a key is \(kind(key)); expected a name")
        continue
      }
      if let keys, !keys.contains(name) {
        note(
          line(key),
          "\(subject): unknown key '\(name)'\(hint(name, keys)); expected one of \(keys.joined(separator: ", "))")
      }
      // A key with nothing after it is as good as absent.
      if case .scalar(let scalar) = value, scalar.style == .plain || scalar.style == .any,
        ["", "~", "null"].contains(scalar.string)
      {
        continue
      }
      result[name] = value
    }
    return result
  }

  // MARK: - Words for messages

  private mutating func noteSyntax(_ error: any Error) {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
      .composer(_, let problem, let mark, _)?:
      note(mark.line, "this is no YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context)?:
      let names = duplicates.map { "'\($0)'" }.joined(separator: ", ")
      note(context.mark.line, "the key \(names) stands twice; expected each key once")
    default: note(1, "this is no YAML: \(error)")
    }
  }

  private mutating func note(_ line: Int, _ message: String) {
    mistakes.append(.init(line: line, message: message))
  }

  private func line(_ node: Node) -> Int { node.mark?.line ?? 1 }

  private func kind(_ node: Node) -> String {
    switch node {
    case .scalar(let scalar): "'\(scalar.string)'"
    case .mapping: "a set of key: value pairs"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }

  private func hint(_ name: String, _ known: [String]) -> String {
    nearest(name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
  }

  private static func isInsideJob(_ path: String) -> Bool {
    let elsewhere: Set<String> = ["input", "workspace", "log_dir", "config"]
    guard elsewhere.isDisjoint(with: Placeholders.used(in: path)) else { return false }
    let local = path.hasPrefix("{job_dir}/") ? String(path.dropFirst("{job_dir}/".count)) : path
    let parts = local.split(separator: "/")
    return !local.hasPrefix("/") && !parts.contains("..") && parts.contains { $0 != "." }
  }
}

/// Reads a switch as env and YAML files write it.
public func parseSwitch(_ text: String) -> Bool? {
  switch text.lowercased() {
  case "true", "yes", "on", "1": true
  case "false", "no", "off", "0": false
  default: nil
  }
}
