internal import Engines
public import Jobs
internal import SystemPackage

/// Looks at everything that a night needs: programs, engines, configuration, room, the modes of files with secrets.
public struct Checkup: Sendable {
  private let workspace: Result<Workspace, any Error>
  private let environment: [String: String]

  /// - Parameter workspace: the workspace, or why there is none.
  public init(workspace: Result<Workspace, any Error>, environment: [String: String]) {
    (self.workspace, self.environment) = (workspace, environment)
  }

  /// Everything found, in a fixed order.
  public func run() async -> [CheckResult] {
    var results = await ProgramChecks(environment: environment).run()
    results += await EngineChecks(environment: environment, config: (try? workspace.get())?.config).run()
    switch workspace {
    case .success(let workspace):
      results += FolderChecks(workspace: workspace).run()
      results += ConfigChecks(workspace: workspace, environment: environment).run()
      results += SecretChecks(workspace: workspace).run()
    case .failure(let error):
      let known = error as? JobError
      results.append(
        .warning(
          "workspace", known.map { "\($0.subject): \($0.message)" } ?? "\(error)",
          known?.remedy ?? "Make one with: cpwx init"))
    }
    return results
  }

  /// Mends what can be mended without asking: folders, modes, engines.
  ///
  /// - Parameter log: told of each thing done.
  /// - Throws: ``JobError`` for what could not be mended.
  public func fix(log: @escaping @Sendable (String) -> Void) async throws {
    if case .success(let workspace) = workspace {
      for made in try WorkspaceSetup(workspace.root).run() { log("made \(made)") }
      for path in SecretChecks(workspace: workspace).openToOthers where path.restrictToOwner() {
        log("\(path): now readable by its owner alone")
      }
    }
    let home = try EngineHome(environment: environment)
    _ = try await EngineSetup(home, log: log).run()
    if let kept = try home.keepStageProgram() { log("kept a copy of cpwx-stage as \(kept)") }
  }
}
