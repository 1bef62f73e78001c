public import Jobs

/// Where jobs are run.
public enum Executor: String, Sendable, CaseIterable {
  /// On this machine.
  case local
  /// On a Slurm cluster.
  case slurm

  /// What the environment or config/.env names; ``local`` where neither does.
  ///
  /// - Throws: ``JobError`` with code `configuration` for what is none.
  public init(of workspace: Workspace, environment: [String: String]) throws {
    guard let text = workspace.setting("EXECUTOR", environment) else {
      self = .local
      return
    }
    guard let executor = Executor(rawValue: text.lowercased()) else {
      throw JobError(
        .configuration, "EXECUTOR=\(text)", "is no executor",
        remedy: "Expected local or slurm, in the environment or in \(workspace.configFile).")
    }
    self = executor
  }
}
