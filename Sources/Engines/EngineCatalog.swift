public import Jobs
public import SystemPackage

/// The engines that are there, as their adapters describe them.
public struct EngineCatalog: Sendable {
  public let engines: [Engine]
  /// Adapters that could not be described, with the reason.
  public let broken: [(adapter: FilePath, error: JobError)]

  public init(engines: [Engine], broken: [(adapter: FilePath, error: JobError)] = []) {
    self.engines = engines
    self.broken = broken
  }

  /// How long an adapter may take to answer: it is another program's beginning, which a busy machine and a slow disk draw out.
  public static let patience = Duration.seconds(120)

  /// Asks the adapters, all at once.
  ///
  /// - Parameters:
  ///   - stage: only engines of this stage, in either spelling; `nil` asks all.
  ///   - limit: how long one adapter may take to answer.
  /// - Throws: ``JobError`` with code `missingEngine` when no engines are installed.
  public static func read(
    _ home: EngineHome, stage: String? = nil, limit: Duration = EngineCatalog.patience
  ) async throws -> EngineCatalog {
    let files = names(in: home.adapters).filter { EngineStage.isAdapter($0) }
    guard exists(home.python), !files.isEmpty else {
      throw JobError(.missingEngine, home.root.string, "no speech engines are there", remedy: EngineHome.remedy)
    }
    let wanted = stage.map { StageName($0).description }
    let prefix = wanted.map { EngineStage.prefixes[$0] ?? "" } ?? ""
    return await withTaskGroup(of: (FilePath, Result<Engine, any Error>).self) { group in
      for file in files where file.hasPrefix(prefix) {
        let adapter = home.adapters.appending(file)
        group.addTask {
          do {
            return (adapter, .success(try await within(limit, adapter.string) { try await describe(adapter, home) }))
          } catch {
            return (adapter, .failure(error))
          }
        }
      }
      var engines: [Engine] = []
      var broken: [(adapter: FilePath, error: JobError)] = []
      for await (adapter, result) in group {
        switch result {
        case .success(let engine): engines.append(engine)
        case .failure(let error):
          let known = error as? JobError
          broken.append((adapter, known ?? JobError(.io, adapter.string, "cannot be run", underlying: error)))
        }
      }
      engines.sort { ($1.rank, $0.name) < ($0.rank, $1.name) }
      broken.sort { $0.adapter.string < $1.adapter.string }
      return EngineCatalog(engines: engines.filter { wanted.map($0.stages.contains) ?? true }, broken: broken)
    }
  }

  private static func describe(_ adapter: FilePath, _ home: EngineHome) async throws -> Engine {
    let outcome = try await home.program(adapter, "describe").run()
    guard outcome.succeeded, let document = try? JSON(parsing: outcome.output) else {
      let reason = outcome.lastLines.last ?? "exit status \(outcome.status)"
      throw JobError(.missingEngine, adapter.string, "cannot be described: \(reason)", remedy: EngineHome.remedy)
    }
    return try Engine(describedBy: document, adapter: adapter)
  }
}
