internal import Jobs
internal import SystemPackage

/// Jobs that came after the history of films was read: another run may have made one of the same film.
struct Newcomers: Sendable {
  private let workspace: Workspace
  private let newest: JobID?

  /// - Important: made before the history is read.
  init(in workspace: Workspace) {
    self.workspace = workspace
    newest = JobCatalog(workspace).newestFirst().first { _ in true }?.id
  }

  /// Makes sure, while no job can be made, that none of this film has come.
  ///
  /// - Throws: ``JobError`` with code `locked`, naming the job.
  func confirmNone(of film: InputDecision, user: Int) throws {
    let jobs = JobCatalog(workspace).newestFirst().prefix { job in newest.map { job.id > $0 } ?? true }
    for job in jobs where job.userID == user {
      guard let input = (try? JobInfo(reading: job.info))?.input else { continue }
      guard input["sha256"]?.string == film.identity?.sha256 else { continue }
      throw JobError(
        .locked, film.input.string, "another run has just made \(job.id) of this film",
        remedy: "Nothing was changed. Run this again when that one has ended.")
    }
  }
}
