internal import Engines
internal import Jobs
internal import SystemPackage

/// The engine that a stage works with, and what the manifest says of it.
struct StageEngine: Sendable {
  let engine: Engine
  let home: EngineHome
  let context: StageContext

  /// Gives it a request; its notes go to the log.
  func run(_ request: JSON, progress: ClosedRange<Double> = 0...1) async throws -> JSON {
    let log = context.log
    let result = try await engine.run(
      request, in: home, progress: context.progress.part(progress, engine.name),
      log: { log.info("\(engine.name): \($0)") })
    for note in result["notes"]?.array ?? [] { log.warning(note.string ?? "") }
    return result
  }

  /// Records which engine and model did the work, and what they are not good at.
  func describe(_ result: JSON, in manifest: inout StageManifest) {
    manifest.addMetadata("engine", .string(engine.name))
    manifest.addMetadata("engine_version", .string(engine.version))
    manifest.addMetadata("model", result["model"] ?? .null)
    manifest.addMetadata("limits", .string(engine.limits))
    manifest.addMetadata("notes", result["notes"] ?? .array([]))
  }
}

extension StageContext {
  /// Chooses the engine that ENGINE_ASR and its like ask for.
  ///
  /// - Throws: ``JobError`` with code `missingEngine` or `configuration`.
  func engine(language: Language? = nil, task: String? = nil) async throws -> StageEngine {
    let home = try EngineHome(environment: environmentWithSettings)
    let catalog = try await EngineCatalog.read(home, stage: stage)
    for broken in catalog.broken { log.warning("\(broken.error)") }
    let setting = settings["ENGINE_\(stage.uppercased())"]
    let engine = try catalog.choose(stage: stage, setting: setting, language: language, task: task)
    let limits = engine.limits.isEmpty ? "" : ". \(engine.limits)"
    log.info("engine: \(engine.name)\(engine.version.map { " " + $0 } ?? "")\(limits)")
    return StageEngine(engine: engine, home: home, context: self)
  }

  private var environmentWithSettings: [String: String] {
    var environment = settings.environment
    // What the settings name on the machine of the job is not in a container, whose image has its own.
    let named = settings["CPWX_ENGINES"]
    if let named, environment["CPWX_ENGINES"] == nil || exists(FilePath(named)) { environment["CPWX_ENGINES"] = named }
    return environment
  }

  /// Whether the settings name an engine, so that doing without one is no choice.
  var namesAnEngine: Bool {
    !["", "auto"].contains(settings["ENGINE_\(stage.uppercased())"]?.lowercased() ?? "")
  }
}
