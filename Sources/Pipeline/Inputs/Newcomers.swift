internal import Jobs
internal import SystemPackage

/// Jobs that came after the history of films was read: another run may have made one of the same film.
struct Newcomers: Sendable {
  private struct Film: Hashable {
    var user: Int
    var sha256: String?
  }

  private let workspace: Workspace
  /// The newest job that is known of.
  private var newest: JobID?
  /// The films of those that came.
  private var came: [Film: JobID] = [:]

  /// - Important: made before the history is read.
  init(in workspace: Workspace) {
    self.workspace = workspace
    newest = JobCatalog(workspace).newestFirst().first { _ in true }?.id
  }

  /// Makes sure, while no job can be made, that none of this film has come.
  ///
  /// - Parameter next: the id of the job that is about to be made.
  /// - Throws: ``JobError`` with code `locked`, naming the job.
  mutating func confirmNone(of film: InputDecision, user: Int, next: JobID) throws {
    // Numbers follow on each other: where this one does, nobody else has made a job.
    if newest.map({ $0.date == next.date && $0.number + 1 == next.number }) != true { lookAgain() }
    guard let job = came[Film(user: user, sha256: film.identity?.sha256)] else { return }
    throw JobError(
      .locked, film.input.string, "another run has just made \(job) of this film",
      remedy: "Nothing was changed. Run this again when that one has ended.")
  }

  /// For a run that makes no jobs, of this workspace's or any other.
  init(ofNoneIn workspace: Workspace) { self.workspace = workspace }

  /// A job of this run's own.
  mutating func note(_ job: JobPaths, of film: InputDecision) {
    newest = job.id
    came[Film(user: job.userID, sha256: film.identity?.sha256)] = job.id
  }

  private mutating func lookAgain() {
    for job in JobCatalog(workspace).newestFirst().prefix(while: { job in newest.map { job.id > $0 } ?? true }) {
      guard let input = (try? JobInfo(reading: job.info))?.input, let sha256 = input["sha256"]?.string else { continue }
      came[Film(user: job.userID, sha256: sha256)] = job.id
    }
  }
}
