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
    let declared = Self.settings(of: pipeline)
    var heard = declared.union(EnvFile(parsing: Defaults.env).keys)
    var ofTen: [CheckResult] = []
    var told: Set<String> = []
    if exists(workspace.pipelineFile), let standard = try? PipelineDefinition.standard {
      // cpwx itself looks for secrets.
      let unheard = Self.settings(of: standard).subtracting(declared).subtracting(["SECRETS_PATH"])
      heard.subtract(unheard)
      let keys = workspace.config.keys.filter { unheard.contains($0) }
      let switches = keys.filter { $0.hasPrefix("STEP_") }
      let others = keys.filter { !$0.hasPrefix("STEP_") }
      // They are in every new config/.env: of all of them one line is enough.
      if switches.count > 1 {
        ofTen.append(
          .warning(
            "config STEP_", "no stage of this pipeline is switched by \(switches.joined(separator: ", "))",
            "Remove them if nothing needs them."))
        told.formUnion(switches)
      }
      if others.count > 1 {
        ofTen.append(
          .warning(
            "config of the ten stages",
            "no stage of this pipeline declares \(others.joined(separator: ", ")); stages of your own may still read them",
            "Remove them if nothing needs them, or name them in the env of the stage that does."))
        told.formUnion(others)
      }
    }
    return ofTen
      + workspace.config.keys.filter { !heard.contains($0) && !told.contains($0) }.map { key in
        let hint = didYouMean(key, among: heard.sorted())
        return .warning(
          "config \(key)", "no stage of this pipeline declares it; stages of your own may still read it",
          "Remove it if nothing needs it.\(hint)")
      }
  }

  /// What the stages of a pipeline say that they hear.
  private static func settings(of pipeline: PipelineDefinition) -> Set<String> {
    Set(pipeline.stages.flatMap { $0.env + [$0.enabled].compactMap { $0 } })
  }
}
