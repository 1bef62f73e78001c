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
    if let definition = pipeline.definition { results += unheardKeys(definition) }
    if workspace.config["HF_TOKEN"].map({ !$0.isEmpty }) == true {
      results.append(
        .warning(
          "config HF_TOKEN",
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

  /// Settings whose values cannot be meant.
  private var values: [CheckResult] {
    let settings = workspace.config.values(outer: environment)
    let wrong = settings.compactMap { key, value -> CheckResult? in
      guard !value.isEmpty, let expected = Self.expectation(of: key, value) else { return nil }
      return .error("config \(key)", "is \"\(value)\"", "Expected \(expected).")
    }
    return wrong + Self.speakers(Dictionary(settings, uniquingKeysWith: { $1 }))
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

  /// Bounds for the number of speakers that leave no number.
  private static func speakers(_ settings: [String: String]) -> [CheckResult] {
    func bound(_ key: String) -> Int? { settings[key].flatMap { Int($0) } }
    let (least, most) = ("DIARIZATION_MIN_SPEAKERS", "DIARIZATION_MAX_SPEAKERS")
    guard let fewest = bound(least), let limit = bound(most), fewest > limit else { return [] }
    return [.error("config \(most)", "is \(limit), less than \(least)=\(fewest)", "Expected no less than that.")]
  }

  /// What `key` may be, when `value` is not it: what the shipped stages and `cpwx run` refuse.
  private static func expectation(of key: String, _ value: String) -> String? {
    func number(_ range: ClosedRange<Int>) -> String? {
      Int(value).map { range.contains($0) } == true
        ? nil : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }
    func decimal(_ range: ClosedRange<Double>) -> String? {
      Double(value).map { range.contains($0) } == true
        ? nil : "a number from \(range.lowerBound) to \(range.upperBound)"
    }
    switch key {
    case _ where key.hasPrefix("STEP_"), "SUBTITLE_SPEAKER_LABELS":
      return parseSwitch(value) == nil ? "true or false" : nil
    case "USER_ID": return number(1...Int(Int32.max))
    case "MAX_RETRIES": return number(0...100)
    case "RETRY_DELAY_SECONDS": return decimal(0...86_400)
    case "SUBTITLE_MAX_LINE_LENGTH": return number(2...500)
    case "SUBTITLE_MAX_LINES": return number(1...20)
    case "DIARIZATION_MIN_SPEAKERS", "DIARIZATION_MAX_SPEAKERS": return number(1...100)
    case "AUDIO_SAMPLE_RATE": return number(8000...192_000)
    case "AUDIO_CHANNELS": return number(1...8)
    case "AUDIO_TRACK": return number(1...999)
    case "VAD_THRESHOLD": return decimal(0...1)
    case "VAD_MIN_SPEECH_MS", "VAD_MIN_SILENCE_MS": return number(0...60_000)
    case "LOG_LEVEL":
      let levels = ["debug", "info", "warning", "error", "critical"]
      return levels.contains(value.lowercased()) ? nil : levels.joined(separator: ", ")
    case "WHISPER_TASK":
      return ["transcribe", "translate"].contains(value.lowercased()) ? nil : "transcribe, translate or nothing"
    default: return nil
    }
  }

  /// Settings that nothing reads.
  private func unheardKeys(_ pipeline: PipelineDefinition) -> [CheckResult] {
    var heard = Set(EnvFile(parsing: Defaults.env).keys)
    for stage in pipeline.stages {
      heard.formUnion(stage.env)
      if let key = stage.enabled { heard.insert(key) }
    }
    if exists(workspace.pipelineFile) {
      let switches = Set(pipeline.stages.compactMap(\.enabled))
      heard.subtract(heard.filter { $0.hasPrefix("STEP_") && !switches.contains($0) })
    }
    return workspace.config.keys.filter { !heard.contains($0) }.map { key in
      let hint = didYouMean(key, among: heard.sorted())
      return .warning(
        "config \(key)", "no stage of this pipeline declares it; stages of your own may still read it",
        "Remove it if nothing needs it.\(hint)")
    }
  }
}
