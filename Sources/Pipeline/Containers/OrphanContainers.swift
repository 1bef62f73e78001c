internal import Jobs

/// Containers of a job whose run died: the daemon keeps them at work.
enum OrphanContainers {
  /// Ends and removes them. The caller holds the job's lock.
  ///
  /// - Returns: whether there were any.
  /// - Throws: ``DockerFailure`` when that could not be seen.
  static func end(of paths: JobPaths, by docker: Docker) throws -> Bool {
    let left = try docker.containers(of: paths)
    if left.isEmpty { return false }
    try? docker.stop(left, grace: 2)
    try docker.remove(left)
    return true
  }
}
