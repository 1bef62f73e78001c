internal import Glibc
internal import Index
internal import Jobs
internal import Pipeline

/// The jobs that a `cpwx job rm` is about.
struct RemovalRequest {
  private let removal: JobRemoval
  private let jobs: [IndexedJob]
  private let sizes: [TreeSize]
  /// Jobs named by id whose removal was begun earlier, and is to be finished.
  private let begun: [String]

  /// - Throws: ``JobError`` with code `usage` when a name fits no job; nothing is then removed.
  init(_ names: [String], in workspace: Workspace, keepsLogs: Bool) throws {
    let removal = JobRemoval(in: workspace, keepsLogs: keepsLogs)
    let unfinished = removal.begun()
    var jobs: [IndexedJob] = []
    for name in names where !unfinished.contains(name) {
      let job = try workspace.job(named: name)
      if job.isArchived {
        throw JobError(
          .usage, job.jobID, "is archived; nothing of it is left to remove but \(job.archive ?? "its archive")",
          remedy: "Nothing was removed. To remove that: cpwx archive prune --yes \(job.jobID)")
      }
      if !jobs.contains(where: { $0.folder == job.folder }) { jobs.append(job) }
    }
    (self.removal, self.jobs) = (removal, jobs)
    begun = names.filter { unfinished.contains($0) }
    sizes = jobs.map { removal.size(of: $0.paths(in: workspace)) }
  }

  /// Asks the person at the terminal.
  ///
  /// - Throws: ``JobError`` with code `usage` when there is none, `locked` when none of the jobs may go; an exit status when
  ///   the answer is no.
  func confirm() throws {
    guard isatty(0) == 1, isatty(2) == 1 else {
      throw JobError(
        .usage, "job rm", "there is no terminal to ask at",
        remedy: "Nothing was removed. To remove without asking: --yes")
    }
    if jobs.isEmpty { return }
    var held = jobs.map { FileLock.isHeld($0.paths(in: removal.workspace).lock) }
    if !held.contains(false) {
      for job in jobs { _ = try FileLock.take(job.paths(in: removal.workspace).lock, subject: job.jobID) }
      held = jobs.map { _ in false }
    }
    var free: [TreeSize] = []
    for ((job, size), isHeld) in zip(zip(jobs, sizes), held) {
      let state = isHeld ? "is in use, and stays" : job.status
      Console.note(wrapping: "\(job.jobID)  \(state)  \(describeSize(size.bytes))  \(job.title ?? "")")
      if !isHeld { free.append(size) }
    }
    let total = describeSize(free.reduce(0) { $0 + $1.bytes })
    Console.write("Remove \(free.count == 1 ? "this job" : "these \(free.count) jobs"), \(total)? [y/N] ", to: 2)
    if ["y", "yes"].contains(readLine()?.lowercased()) { return }
    Console.note("Nothing was removed.")
    throw ExitStatus.someFailed
  }

  /// What would go: of what somebody has in hand nothing.
  func plan() -> RemovalResults {
    var results = RemovalResults(rows: rows)
    for (index, job) in jobs.enumerated() where FileLock.isHeld(job.paths(in: removal.workspace).lock) {
      results.rows[index]["result"] = .string("held")
      results.causes.insert(ExitStatus(.locked).rawValue)
    }
    return results
  }

  /// Removes one job after the other; trouble with one does not keep the others.
  func run() -> RemovalResults {
    var causes: Set<Int32> = []
    func report(_ error: JobError) {
      Console.error(error.description)
      causes.insert(ExitStatus(error.code).rawValue)
    }
    let finished = Set(
      removal.finishInterrupted { error in
        // Another's leftovers are worth a word, and no failure of what was asked for.
        if begun.contains(error.subject) { report(error) } else { Console.error(error.description) }
      })
    for name in begun where finished.contains(name) {
      Console.note(wrapping: "\(name): the removal that was begun is finished.")
    }
    var rows = rows
    for (index, job) in jobs.enumerated() {
      do {
        let paths = job.paths(in: removal.workspace)
        try removal.remove(paths) { try removal.workspace.release(paths) { Console.note(wrapping: $0) } }
        rows[index]["result"] = .string("removed")
      } catch {
        let error = error as? JobError ?? JobError(.io, job.jobID, "cannot be removed", underlying: error)
        report(error)
        rows[index]["result"] = .string(error.code == .locked ? "held" : "failed")
      }
    }
    return RemovalResults(rows: rows, causes: causes)
  }

  private var rows: [JSON] {
    zip(jobs, sizes).map { job, size in
      var row = job.document
      row["files"] = .int(size.files)
      row["bytes"] = .int(size.bytes)
      row["result"] = .string("would go")
      return row
    }
  }
}

/// What became of the jobs that were to be removed.
struct RemovalResults {
  var rows: [JSON]
  /// The exit codes of what went wrong.
  var causes: Set<Int32> = []

  func listing() -> Listing {
    Listing(
      rows: rows,
      columns: [
        .init("JOB", key: "job_id"), .init("RESULT", key: "result"),
        .init("STATUS", key: "status", style: Style.status).dispensable(1),
        .init("FILES", key: "files").dispensable(2), .init("SIZE") { describeSize($0["bytes"]?.int ?? 0) },
        .init("TITLE", key: "title", isFlexible: true),
        .init("FOLDER", key: "output_dir", isFlexible: true).cutAtStart.readable(20).dispensable(3),
      ])
  }

  /// `nil` when all is removed.
  var exitStatus: ExitStatus? {
    ExitStatus(sharedBy: causes)
  }
}
