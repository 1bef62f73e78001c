internal import Archive
internal import ArgumentParser
internal import Index
internal import Jobs
internal import Pipeline

struct JobShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show what a job is and how its stages went; secrets are masked.",
    discussion: """
      EXAMPLES
        cpwx job show latest
        cpwx job show 20251030-001 --format json
      Then see: cpwx job logs JOB, cpwx manifest outputs JOB
      """)

  @OptionGroup var job: JobArgument
  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let workspace = try workspaceOptions.open()
    let format = try formatOptions.resolved()
    let job = try workspace.job(named: job.job)
    // Lists are to say from now on what is shown here.
    if !job.isArchived { JobIndex.note(job, in: workspace) }
    let paths = job.paths(in: workspace)
    var document = job.document
    let manifest = job.isArchived ? try? job.archivedManifest(in: workspace) : try? Manifest(reading: paths.manifest)
    let cancellation = Cancellation(of: paths)
    document["cancelled_by"] = .string(cancellation?.who)
    document["cancelled_at"] = .string(cancellation?.at)
    document["stages"] = .array((manifest?.stages ?? []).map(\.document))
    document = Secrets.masked(
      document, Secrets.values(ofJobIn: paths.output, workspace: workspace, outer: processEnvironment()))
    switch format {
    case .json: Console.out(raw: document.bytes())
    case .ndjson, .csv: Listing(rows: [document], columns: []).write(format)
    case .table: writeTable(document)
    }
  }

  private func writeTable(_ document: JSON) {
    let isCompleted = document["status"]?.string == PipelineStatus.completed.rawValue
    let labels = [
      ("Job", "job_id"), ("User", "user_id"), ("Title", "title"), ("Year", "year"), ("Status", "status"),
      ("Input", "input"), ("Created", "created_at"), (isCompleted ? "Completed" : "Ended", "completed_at"),
      ("Cancelled", "cancelled_at"),
      ("Output", "output_dir"),
      ("Archive", "archive"),
      ("Error", "error"),
    ]
    for (label, key) in labels {
      let text = plain(document[key] ?? .null)
      var value = key.hasSuffix("_at") ? JobColumns.momentWithAge(text, JobColumns.foreignZone(document)) : text
      if key == "cancelled_at", !value.isEmpty { value += ", by \(plain(document["cancelled_by"] ?? .null))" }
      if !value.isEmpty { Console.field(label, value) { key == "status" ? Style.status($0) : $0 } }
    }
    writeStages(document)
  }

  private func writeStages(_ document: JSON) {
    guard let stages = document["stages"]?.array, !stages.isEmpty else { return }
    Console.out("")
    let isRunning = document["status"]?.string == PipelineStatus.running.rawValue
    Listing(rows: StageColumns.rows(stages, isRunning: isRunning), columns: StageColumns.all).write(.table)
  }
}
