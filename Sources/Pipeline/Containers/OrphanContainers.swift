internal import Jobs

/// Containers of a job whose run died: the daemon keeps them at work.
enum OrphanContainers {
  /// Ends and removes them. The caller holds the job's lock.
  ///
  /// - Returns: whether there were any.
  /// - Throws: ``DockerFailure`` when that could not be seen, `Errno` when no pipe can be made.
  static func end(of paths: JobPaths, in workspace: Workspace, environment: [String: String]) throws -> Bool {
    let docker = try Docker(environment: environment, folder: workspace.root)
    let left = try docker.containers(of: paths)
    if left.isEmpty { return false }
    try? docker.stop(left, grace: 2)
    try docker.remove(left)
    return true
  }
}
