internal import Engines
internal import Jobs

/// The speech engines: what is installed, and whether each stage has one for the speech of the workspace.
struct EngineChecks {
  /// What the stages find in their environment; none is empty.
  let settings: [String: String]
  /// How long an engine may take to answer.
  var limit = EngineCatalog.patience

  func run() async -> [CheckResult] {
    do {
      let home = try EngineHome(environment: settings)
      let catalog = try await EngineCatalog.read(home, limit: limit)
      let isCurrent = await EngineSetup(home, log: { _ in }).isUpToDate()
      let state: CheckResult =
        isCurrent
        ? .ok("engines", "installed in \(home.root)")
        : .warning("engines", "in \(home.root) are not those of this cpwx", EngineHome.remedy)
      return [state] + EngineStage.names.map { stage(catalog, $0) } + [model(catalog, home)].compactMap { $0 }
        + catalog.broken.map {
          .error("engine \($0.adapter.lastName)", "\($0.error.message)", EngineHome.remedy)
        }
    } catch {
      let known = error as? JobError
      return [
        .error(
          "engines", known.map { "\($0.subject): \($0.message)" } ?? "\(error)", known?.remedy ?? EngineHome.remedy)
      ]
    }
  }

  private func stage(_ catalog: EngineCatalog, _ stage: String) -> CheckResult {
    let check = "engine for \(stage)"
    do {
      let task = try stage == "asr" ? SpeechTask(setting: { settings[$0] }, wrong: Self.wrong) : nil
      let engine = try catalog.choose(
        stage: stage, setting: settings["ENGINE_\(stage.uppercased())"], language: task?.language, task: task?.name)
      let models = engine.models.isEmpty ? "" : ", models: \(engine.models.joined(separator: ", "))"
      return .ok(check, "\(engine.name) \(engine.version ?? "")\(models). \(engine.limits)")
    } catch {
      let known = error as? JobError
      let remedy = known?.remedy ?? EngineHome.remedy
      let message = known.map { $0.subject.contains("=") ? "\($0.subject): \($0.message)" : $0.message } ?? "\(error)"
      let isOptional = stage == "pre_ner" || stage == "post_ner"
      return isOptional ? .warning(check, message, remedy) : .error(check, message, remedy)
    }
  }

  /// What asr will take instead of the model that WHISPER_MODEL names; `nil` where it takes that one, or none.
  private func model(_ catalog: EngineCatalog, _ home: EngineHome) -> CheckResult? {
    guard let named = settings["WHISPER_MODEL"],
      let task = try? SpeechTask(setting: { settings[$0] }, wrong: Self.wrong),
      let engine = try? catalog.choose(
        stage: "asr", setting: settings["ENGINE_ASR"], language: task.language, task: task.name)
    else { return nil }
    let able = engine.models.map { WhisperModel($0) }.filter { $0.serves(task) }
    let wanted = WhisperModel(named)
    guard let taken = able.first, !able.contains(wanted) else { return nil }
    let isThere = engine.models.contains { WhisperModel($0) == wanted }
    let lack =
      isThere ? "knows English alone" : wanted.isKnown ? "is not installed" : "is no whisper model that is known"
    let remedy = isThere || !wanted.isKnown ? nil : wanted.installation(in: home.root)
    return .warning(
      "config WHISPER_MODEL", "\(named) \(lack); asr takes \(taken.name), and makes a note of it",
      (remedy.map { "\($0)\nOr set" } ?? "Set") + " WHISPER_MODEL=\(taken.name)."
        + (wanted.isKnown ? "" : didYouMean(named, among: WhisperModel.known)))
  }

  private static func wrong(_ key: String, _ value: String, _ message: String) -> JobError {
    JobError(.configuration, "\(key)=\(value)", message, remedy: "Correct it in config/.env.")
  }
}
