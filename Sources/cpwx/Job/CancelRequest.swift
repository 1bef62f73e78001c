internal import Index
internal import Jobs
internal import Pipeline
internal import SystemPackage

/// The jobs that a `cpwx job cancel` is about.
struct CancelRequest {
  private let workspace: Workspace
  private let jobs: [JobPaths]
  private let cancelling: JobCancelling

  /// - Parameter say: told of what is waited for.
  /// - Throws: ``JobError`` with code `usage` when a name fits no job, or one that is archived; nothing is then cancelled.
  init(_ names: [String], in workspace: Workspace, say: @escaping (String) -> Void) throws {
    var jobs: [JobPaths] = []
    for job in try names.map({ try workspace.paths(ofJob: $0) }) where !jobs.contains(job) { jobs.append(job) }
    (self.workspace, self.jobs) = (workspace, jobs)
    cancelling = JobCancelling(in: workspace, environment: processEnvironment(), say: say)
  }

  /// What would come of them.
  func outlook() -> CancelResults { CancelResults(rows: jobs.map { row($0, cancelling.outlook(on: $0)) }) }

  /// Asks all to stop, then waits for one after the other. Trouble with one does not keep the others.
  func run(waits: Bool) -> CancelResults {
    var causes: Set<Int32> = []
    func trying(_ job: JobPaths, _ body: () throws -> JobCancelling.Result?) -> String? {
      do {
        return try body()?.rawValue
      } catch {
        let error = error as? JobError ?? JobError(.io, job.id.description, "cannot be cancelled", underlying: error)
        Console.error(error.description)
        causes.insert(ExitStatus(error.code).rawValue)
        return "failed"
      }
    }
    let asked = jobs.map { job in trying(job) { try cancelling.ask(job) } }
    let rows = zip(jobs, asked).map { job, result in
      let settled = result ?? trying(job) { waits ? try cancelling.settle(job) : .asked }
      return row(job, settled ?? "failed")
    }
    return CancelResults(rows: rows, causes: causes)
  }

  private func row(_ job: JobPaths, _ result: String) -> JSON {
    let cancellation = Cancellation(of: job)
    let standing = try? workspace.job(named: job.output.string)
    var row = standing?.document ?? ["job_id": .string(job.id.description)]
    row["result"] = .string(result)
    row["cancelled_by"] = .string(cancellation?.who)
    row["cancelled_at"] = .string(cancellation?.at)
    return row
  }
}

/// What became of the jobs that were to be cancelled.
struct CancelResults {
  var rows: [JSON]
  /// The exit codes of what went wrong.
  var causes: Set<Int32> = []

  func listing() -> Listing {
    Listing(
      rows: rows,
      columns: [
        .init("JOB", key: "job_id"), .init("RESULT", key: "result"),
        .init("STATUS", key: "status", style: Style.status).dispensable(1),
        .init("STAGE", key: "stage").dispensable(2), .init("TITLE", key: "title", isFlexible: true),
      ])
  }

  /// The jobs that are cancelled now.
  var cancelled: [String] {
    rows.filter { $0["cancelled_at"]?.string != nil }.compactMap { $0["job_id"]?.string }
  }

  /// `nil` when nothing is left to do.
  var exitStatus: ExitStatus? {
    ExitStatus(sharedBy: causes)
  }
}
