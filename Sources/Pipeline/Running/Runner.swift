public import Jobs
internal import SystemPackage

/// What stages are run as.
public enum Runner: String, Sendable, CaseIterable {
  /// Processes of this machine.
  case local
  /// Containers of compose services.
  case docker

  /// What the environment or config/.env names; ``local`` where neither does.
  ///
  /// - Throws: ``JobError`` with code `configuration` for what is none.
  public init(of workspace: Workspace, environment: [String: String]) throws {
    guard let text = workspace.setting("RUNNER", environment) else {
      self = .local
      return
    }
    guard let runner = Runner(rawValue: text.lowercased()) else {
      throw JobError(
        .configuration, "RUNNER=\(text)", "is no runner",
        remedy: "Expected local or docker, in the environment or in \(workspace.configFile).")
    }
    self = runner
  }

  /// Whoever runs the stages of a workspace's jobs so.
  ///
  /// - Throws: `Errno` when no pipe can be made.
  func runner(
    in workspace: Workspace, environment: [String: String], toolFolders: [FilePath]
  ) throws -> any StageRunner {
    switch self {
    case .local: LocalRunner(environment: environment, toolFolders: toolFolders)
    case .docker: try DockerRunner(workspace, environment: environment)
    }
  }
}
