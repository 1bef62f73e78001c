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
    self = try workspace.choice("EXECUTOR", environment, else: .local)
  }
}
