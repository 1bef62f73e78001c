internal import Engines
public import Jobs
internal import Pipeline
internal import SystemPackage

/// Looks at everything that a night needs: programs, engines, configuration, room, the modes of files with secrets.
public struct Checkup: Sendable {
  private let workspace: Result<Workspace, any Error>
  private let environment: [String: String]
  private let isNamed: Bool

  /// - Parameters:
  ///   - workspace: the workspace, or why there is none.
  ///   - isNamed: it was asked for by name, and must be there.
  public init(workspace: Result<Workspace, any Error>, isNamed: Bool = false, environment: [String: String]) {
    (self.workspace, self.isNamed, self.environment) = (workspace, isNamed, environment)
  }

  /// Everything found, in a fixed order.
  public func run() async -> [CheckResult] {
    var results: [CheckResult] = []
    if !isForContainers {
      results += await ProgramChecks(environment: environment).run()
      results += await EngineChecks(settings: settings).run()
    }
    switch workspace {
    case .success(let workspace):
      results += FolderChecks(workspace: workspace).run()
      results += ConfigChecks(workspace: workspace, environment: environment).run()
      results += ContainerChecks(workspace: workspace, environment: environment).run()
      results += await ClusterChecks(workspace: workspace, environment: environment).run()
      results += await NoticeChecks(workspace: workspace, environment: environment).run()
      results += SecretChecks(workspace: workspace, environment: environment).run()
    case .failure(let error):
      results.append(unopened(error))
    }
    return results.masked(try? workspace.get(), environment)
  }

  /// Without a workspace much can be well; one that was named, or is there and cannot be read, stops every run.
  private func unopened(_ error: any Error) -> CheckResult {
    let known = error as? JobError
    let message = known.map { "\($0.subject): \($0.message)" } ?? "\(error)"
    if let reason = known?.underlying {
      return .error("workspace", "\(message) (\(reason))", known?.remedy ?? "Give yourself the right to read it.")
    }
    let remedy = known?.remedy ?? "Make one with: cpwx init"
    return isNamed ? .error("workspace", message, remedy) : .warning("workspace", message, remedy)
  }

  /// Whether the stages' programs and engines are those of images, and none of this machine's are needed.
  private var isForContainers: Bool {
    guard let workspace = try? workspace.get() else { return false }
    return (try? Runner(of: workspace, environment: environment)) == .docker
  }

  /// What a stage finds in its environment: the settings over the caller's variables.
  private var settings: [String: String] {
    let config = (try? workspace.get())?.config ?? EnvFile()
    let chosen = config.values(outer: environment).filter { !$0.value.isEmpty }
    return environment.filter { !$0.value.isEmpty }.merging(chosen) { $1 }
  }

  /// Mends what can be mended without asking: folders, modes, and the engines where stages are run on this machine.
  ///
  /// - Parameter log: told of each thing done.
  /// - Throws: ``JobError`` for what could not be mended.
  public func fix(log: @escaping @Sendable (String) -> Void) async throws {
    if case .success(let workspace) = workspace {
      for made in try WorkspaceSetup(workspace.root).run() { log("made \(made)") }
      for (_, folder) in FolderChecks(workspace: workspace).folders where !isDirectory(folder) {
        try makeFolder(folder)
        log("made \(folder)")
      }
      SecretChecks(workspace: workspace, environment: environment).close(log: log)
    }
    if isForContainers { return }
    let home = try EngineHome(environment: settings)
    _ = try await EngineSetup(home, log: log).run()
    if let kept = try home.keepStageProgram() { log("kept a copy of cpwx-stage as \(kept)") }
  }
}
