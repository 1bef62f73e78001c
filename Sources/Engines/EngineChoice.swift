internal import Jobs
internal import SystemPackage

extension EngineCatalog {
  /// The engine for a stage's work.
  ///
  /// - Parameters:
  ///   - stage: either spelling.
  ///   - setting: the value of ENGINE_ASR and its like: `auto`, nothing, or an engine's name.
  ///   - language: the language of the work; `nil` when it is yet to be heard or does not matter.
  ///   - task: `transcribe` or `translate`; `nil` for stages without tasks.
  /// - Throws: ``JobError`` with code `missingEngine`, saying what to install; `configuration` for a name that no
  ///   engine bears.
  public func choose(
    stage: String, setting: String?, language: Language? = nil, task: String? = nil
  ) throws -> Engine {
    let stage = StageName(stage).description
    let candidates = engines.filter { $0.stages.contains(stage) }
    let wanted = setting ?? ""
    if wanted.isEmpty || wanted.lowercased() == "auto" {
      return try best(of: candidates, stage, language, task)
    }
    guard let engine = candidates.first(where: { $0.name == wanted.lowercased() }) else {
      let names = candidates.map(\.name).joined(separator: ", ")
      throw JobError(
        .configuration, "ENGINE_\(stage.uppercased())=\(wanted)", "there is no such engine for the stage \(stage)",
        remedy: "Take auto, or one of: \(names.isEmpty ? "none is installed" : names).")
    }
    guard engine.isAvailable else {
      throw JobError(
        .missingEngine, engine.name, engine.reason,
        remedy: "Install it, or set ENGINE_\(stage.uppercased())=auto to take the best one present.")
    }
    guard engine.serves(language: language, task: task) else {
      throw JobError(
        .missingEngine, engine.name, "cannot \(work(language, task)); it knows \(known(engine))",
        remedy: "Set ENGINE_\(stage.uppercased())=auto, or \(advice(engine, "install a model that does")).")
    }
    return engine
  }

  private func best(
    of candidates: [Engine], _ stage: String, _ language: Language?, _ task: String?
  ) throws -> Engine {
    let able = candidates.filter { $0.isAvailable && $0.serves(language: language, task: task) }
    if let best = able.max(by: { ($0.rank, $1.name) < ($1.rank, $0.name) }) { return best }
    let present = candidates.filter(\.isAvailable)
    if present.isEmpty {
      let reasons = candidates.map { "\($0.name) \($0.reason)" } + broken.map { "\($0.error)" }
      throw JobError(
        .missingEngine, stage, "no engine is installed for this stage",
        remedy: ([EngineHome.remedy] + reasons).joined(separator: "\n  "))
    }
    let names = present.map { "\($0.name) knows \(known($0))" }.joined(separator: "; ")
    if let language, !language.isKnown {
      throw JobError(
        .missingEngine, stage, "no installed engine knows the language \(language.code): \(names)",
        remedy:
          "Is the code right? Set SRC_LANG (or WHISPER_LANGUAGE) to an ISO 639-1 code such as hi or en, or to auto.")
    }
    let others = candidates.filter { !$0.isAvailable && $0.serves(language: language, task: task) }
    let further = others.map { "or \($0.name), which \($0.reason)" }
    throw JobError(
      .missingEngine, stage, "no installed engine can \(work(language, task)): \(names)",
      remedy: ([advice(present[0], "Install a model that does")] + further).joined(separator: ", ") + "."
    )
  }

  /// What to install, and where, for an engine to do what it cannot; `other` where no whisper model would help.
  private func advice(_ engine: Engine, _ other: String) -> String {
    guard engine.stages.contains("asr") else { return other }
    let place = engine.adapter.removingLastComponent().removingLastComponent().pushing("weights/whisper/NAME")
    let verb = other.first?.isUppercase == true ? "Put" : "put"
    return "\(verb) a multilingual whisper model in CTranslate2's format into \(place) (see the README, Speech engines)"
  }

  private func work(_ language: Language?, _ task: String?) -> String {
    let speech = language?.englishName ?? (task == nil ? "this" : "a language that is yet to be heard")
    return task.map { "\($0) \(speech)" } ?? "work with \(speech)"
  }

  private func known(_ engine: Engine) -> String {
    let tasks = engine.tasks.isEmpty ? "" : " (\(engine.tasks.joined(separator: ", ")))"
    guard let languages = engine.languages else { return "any language\(tasks)" }
    let shown = languages.prefix(12).joined(separator: " ")
    return "\(shown)\(languages.count > 12 ? " and \(languages.count - 12) more" : "")\(tasks)"
  }
}
