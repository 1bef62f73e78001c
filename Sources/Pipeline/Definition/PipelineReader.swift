internal import Jobs
internal import Yams

/// Turns YAML nodes into a definition, gathering mistakes on the way.
struct PipelineReader {
  /// What each stage must say how it is run by; `nil`: by any will do.
  let runner: Runner?
  var mistakes: [PipelineFileError.Mistake] = []
  /// The lanes of the stages, also of those that have mistakes.
  var lanesOfStages: Set<String> = []
  /// The stage that makes a file, by the file's path in the job's folder.
  var makers: [String: String] = [:]

  init(runner: Runner?) { self.runner = runner }

  mutating func read(_ yaml: String) -> PipelineDefinition? {
    let root: Node
    do {
      guard let node = try Yams.compose(yaml: yaml, .basic) else {
        note(1, "the file is empty; expected 'name' and 'stages'")
        return nil
      }
      root = node
    } catch {
      noteSyntax(error, in: yaml)
      return nil
    }
    let fields = mapping(root, "the file", keys: ["name", "workflows", "lanes", "stages"], holdsNotes: true)
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
          line(of: "name", in: node),
          "stage '\(stage.name)' is declared twice (hyphens and underscores name the same stage: '\(twin.name)'); expected a name of its own"
        )
      }
      if let twin = stages.first(where: { $0.number == stage.number }) {
        note(
          line(of: "number", in: node),
          "stage '\(stage.name)' has number \(stage.number), as '\(twin.name)' has; expected a number of its own")
      }
      stages.append(stage)
    }
    var definition = PipelineDefinition(name: name, stages: stages.sorted { $0.number < $1.number })
    if let node = fields["lanes"] {
      definition.lanes = lanes(node)
      for stage in stages where stage.lane != "cpu" && definition.lanes[stage.lane] == nil {
        // Others have one place each; one that is nearly called as one of these is meant to be it.
        guard let meant = nearest(stage.lane, among: Array(definition.lanes.keys)) else { continue }
        note(
          line(node),
          "stage '\(stage.name)' is in the lane '\(stage.lane)', which is not declared (did you mean '\(meant)'?); expected one of \(definition.lanes.keys.sorted().joined(separator: ", ")), or the lane's own line here"
        )
      }
    }
    if let node = fields["workflows"] { definition.workflows = workflows(node, among: definition) }
    return definition
  }

  /// A file's path from the job's folder.
  static func local(_ path: String, _ stage: StageDefinition) -> String {
    let path = path.replacing("{stage}", with: stage.name)
    let inside = path.hasPrefix("{job_dir}/") ? path.dropFirst("{job_dir}/".count) : path[...]
    return inside.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }

  private mutating func lanes(_ node: Node) -> [String: Int] {
    var result: [String: Int] = [:]
    for (lane, value) in mapping(node, "lanes", keys: nil) {
      if !isPlainName(lane) {
        note(line(value), "'\(lane)' is no lane's name; expected letters, digits, '_' and '-'")
      } else if !lanesOfStages.contains(lane) {
        let known = lanesOfStages.sorted()
        note(
          line(value),
          "no stage is in the lane '\(lane)'\(hint(lane, known)); expected one of \(known.joined(separator: ", "))")
      }
      result[lane] = whole(value, "lane '\(lane)'", 1...1000)
    }
    return result
  }

  private mutating func workflows(_ node: Node, among definition: PipelineDefinition) -> [String: [String]] {
    var result: [String: [String]] = [:]
    for (key, value) in mapping(node, "workflows", keys: nil) {
      let names = strings(value, "workflow '\(key)'") ?? []
      if names.isEmpty { note(line(value), "workflow '\(key)' names no stage; expected a list of stages") }
      var seen: Set<StageName> = []
      for entry in value.sequence ?? [] {
        guard let name = entry.scalar?.string, !isNothing(entry) else { continue }
        if definition.stage(name) == nil {
          let known = definition.stages.map(\.name)
          note(
            line(entry),
            "workflow '\(key)' names '\(name)', which is no stage here\(hint(name, known)); expected one of \(known.joined(separator: ", "))"
          )
        } else if !seen.insert(StageName(name)).inserted {
          note(line(entry), "workflow '\(key)' names '\(name)' twice; expected each stage once")
        }
      }
      result[key] = names
    }
    return result
  }
}
