internal import Index
internal import Jobs
internal import SystemPackage

/// What runs that died have left at work, of jobs that no run need ever take up again: their films may be gone, or lie in a
/// folder that nobody goes over.
struct DeadRuns {
  let workspace: Workspace
  /// The caller's, which tells where containers are.
  let environment: [String: String]

  /// Ends it. Jobs that somebody has in hand are left alone.
  ///
  /// - Parameters:
  ///   - taken: the folders of jobs that this run takes up, and sees to itself.
  ///   - observe: told of each job that had anything at work, and of containers that cannot be seen from here.
  func end(butOf taken: Set<FilePath>, observe: (RunEvent) -> Void) {
    for job in jobs() where !taken.contains(job.output) {
      guard let lock = try? FileLock.take(job.lock, subject: job.id.description, looks: 1) else { continue }
      do {
        let left = try Orphans.end(of: job, in: workspace, environment: environment) { observe(.warning($0)) }
        if left { observe(.orphansEnded(job)) }
      } catch {
        observe(.warning("\(error)"))
      }
      _ = consume lock
    }
  }

  /// Those that a process says it belongs to, or whose folder tells of a container.
  private func jobs() -> [JobPaths] {
    let named = Orphans.marked().compactMap { try? JobIndex.standingJob(named: $0, in: workspace) }
      .map { $0.paths(in: workspace) }.filter { $0.output.starts(with: workspace.outputRoot) }
    let noted = (try? unfinished()) ?? []
    let folders = Set(named.map(\.output))
    return named + noted.filter { !folders.contains($0.output) && exists(ContainerNote.file(of: $0)) }
  }

  private func unfinished() throws -> [JobPaths] {
    var query = JobQuery()
    query.filters = [try JobFilter("status=running,interrupted")]
    return try JobIndex.look(in: workspace, notice: .silent) { try $0.page(query) }.map { $0.paths(in: workspace) }
  }
}
