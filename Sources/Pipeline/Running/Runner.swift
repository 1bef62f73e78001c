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
    self = try workspace.choice("RUNNER", environment, else: .local)
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
