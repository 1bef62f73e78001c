internal import Defaults
internal import Jobs
internal import Pipeline
internal import SystemPackage

/// config/.env and config/pipeline.yaml: readable, sensible, and heard by something.
struct ConfigChecks {
  let workspace: Workspace
  let environment: [String: String]

  func run() -> [CheckResult] {
    var results: [CheckResult] = []
    guard exists(workspace.configFile) else {
      results.append(
        .warning("config", "\(workspace.configFile) is missing; jobs get empty settings", "Make one: cpwx doctor --fix")
      )
      return results + [pipeline.result]
    }
    results.append(.ok("config", workspace.configFile.string))
    results += values + oddLines
    if let definition = pipeline.definition {
      results += unheardKeys(definition)
      results += StageProgramChecks(workspace: workspace, environment: environment).run(definition)
    }
    if let place = tokenPlace {
      results.append(
        .warning(
          place,
          "no engine needs it: models are read from this machine and never fetched while a film runs",
          "Leave it if stages of your own use it."))
    }
    return results + [pipeline.result]
  }

  private var pipeline: (definition: PipelineDefinition?, result: CheckResult) {
    do {
      // One that is none has a check of its own.
      let runner = try? Runner(of: workspace, environment: environment)
      let definition = try PipelineDefinition.load(for: workspace, runner: runner)
      let source = exists(workspace.pipelineFile) ? workspace.pipelineFile.string : "built in"
      return (definition, .ok("pipeline", "\(definition.name), \(definition.stages.count) stages (\(source))"))
    } catch {
      return (nil, .error("pipeline", "\(error)", "Mend the lines named, or remove the file to get the ten stages."))
    }
  }

  /// Where a token for Hugging Face is: in the configuration, or in the file that SECRETS_PATH names.
  private var tokenPlace: String? {
    if workspace.config["HF_TOKEN"].map({ !$0.isEmpty }) == true { return "config HF_TOKEN" }
    guard let file = Secrets.file(named: workspace.config, in: workspace.root, outer: environment),
      let document = try? JSON(parsing: DurableFile.read(file))
    else { return nil }
    let name = ["hf_token", "pyannote_token", "HF_TOKEN"].first { document[$0]?.string?.isEmpty == false }
    return name.map { "secrets \($0)" }
  }

  /// Settings whose values cannot be meant.
  private var values: [CheckResult] {
    SettingMistake.all(in: workspace.config, outer: environment)
      .map { .error("config \($0.key)", $0.found, "Expected \($0.expected).") }
  }

  /// What is in the file and cannot be read as it was meant. The lines are not shown: there may be a secret in them.
  private var oddLines: [CheckResult] {
    workspace.config.oddLines.map { line in
      if let key = line.key {
        return .warning(
          "config \(key)",
          "line \(line.number): its value begins with a quote that is not closed, and belongs to the value",
          "Close the quote, or leave it out.")
      }
      return .warning(
        "config line \(line.number)", "sets nothing: it is neither NAME=value nor a comment",
        "Expected a name of letters, digits and '_', then '=' and the value.")
    }
  }

  /// Settings that nothing reads.
  private func unheardKeys(_ pipeline: PipelineDefinition) -> [CheckResult] {
    var heard = Set(EnvFile(parsing: Defaults.env).keys)
    for stage in pipeline.stages {
      heard.formUnion(stage.env)
      if let key = stage.enabled { heard.insert(key) }
    }
    var switchedOff: [String] = []
    if exists(workspace.pipelineFile) {
      let switches = Set(pipeline.stages.compactMap(\.enabled))
      let unused = heard.filter { $0.hasPrefix("STEP_") && !switches.contains($0) }
      switchedOff = workspace.config.keys.filter { unused.contains($0) }
      heard.subtract(unused)
    }
    // They are in every new config/.env: of all of them one line is enough.
    if switchedOff.count == 1 { switchedOff = [] }
    let ofTen: [CheckResult] =
      switchedOff.isEmpty
      ? []
      : [
        .warning(
          "config STEP_", "no stage of this pipeline is switched by \(switchedOff.joined(separator: ", "))",
          "Remove them if nothing needs them.")
      ]
    return ofTen
      + workspace.config.keys.filter { !heard.contains($0) && !switchedOff.contains($0) }.map { key in
        let hint = didYouMean(key, among: heard.sorted())
        return .warning(
          "config \(key)", "no stage of this pipeline declares it; stages of your own may still read it",
          "Remove it if nothing needs it.\(hint)")
      }
  }
}
