internal import Jobs
internal import Pipeline

extension Workspace {
  /// Sees to it that nothing is at work on a job, or will be, before its folder goes. The caller holds the job's lock.
  ///
  /// - Parameter say: told what was ended, and what could not be seen.
  /// - Throws: ``JobError`` with code `locked` for a job that is on a cluster, or may have a container on another machine.
  func release(_ paths: JobPaths, say: (String) -> Void) throws {
    try requireOffCluster(paths)
    let left = try Orphans.end(of: paths, in: self, environment: processEnvironment()) { say("cpwx: \($0)") }
    if left { say("\(paths.id): ended processes that a run had left behind.") }
  }
}
