internal import Index
internal import Jobs
internal import SystemPackage

/// The jobs of a batch whose record does not name them yet: it runs, or was killed before it could.
struct UnrecordedJobs {
  let workspace: Workspace
  let record: BatchRecord
  let started: Timestamp
  /// The record's inputs are masked.
  let shown: ShownText
  let notice: IndexNotice

  /// Entries as a record has them, for jobs that `who` ran since the batch began, oldest first.
  ///
  /// - Throws: ``JobError`` when not even the tree can be read.
  func entries() throws -> [JSON] {
    let jobs = try JobIndex.look(in: workspace, leavingNone: true, notice: notice) { try candidates($0) }
    return jobs.compactMap { entry(for: $0) }
      .sorted { ($0["job_id"]?.string ?? "") < ($1["job_id"]?.string ?? "") }
  }

  /// When the batch began, whatever zone its record is of.
  private var begin: Timestamp {
    record.startedAt.flatMap { Timestamp($0, in: record.document["timezone"]?.string) } ?? started
  }

  /// Jobs that were made, ended, or left unfinished since.
  private func candidates(_ index: JobIndex) throws -> [IndexedJob] {
    var made = JobQuery()
    made.filters = [try JobFilter("since=\(begin.text)")]
    var unfinished = JobQuery()
    unfinished.filters = [try JobFilter("status=running,interrupted")]
    var jobs = try index.page(made) + index.page(unfinished)
    var ended = JobQuery()
    (ended.order, ended.limit) = (.completed, 200)
    while true {
      let page = try index.page(ended)
      jobs += page.filter { $0.completed.map { $0 >= begin } ?? false }
      // In the order of their texts, which zones put up to a day apart.
      guard let last = page.last?.completed, page.count == 200, last.seconds(since: begin) > -86_400 else { break }
      ended.after = page.last?.folder
    }
    var seen: Set<String> = []
    return jobs.filter { seen.insert($0.folder).inserted }
  }

  private func entry(for job: IndexedJob) -> JSON? {
    let paths = job.paths(in: workspace)
    guard let manifest = try? Manifest(reading: paths.manifest) else { return nil }
    let run = manifest.history.first { event in
      guard event.what == .started, event.who == record.who else { return false }
      return Timestamp(event.at).map { $0.seconds(since: started) >= -1 } ?? false
    }
    guard run != nil, isAskedFor(manifest.inputFile) else { return nil }
    let isNew = job.created.map { $0 >= begin } ?? false
    return [
      "job_id": .string(job.jobID), "user_id": .int(paths.userID), "output_dir": .string(job.folder),
      "input": .string(manifest.inputFile), "decision": .string(isNew ? "new" : "resume"), "status": .null,
      "reason": .string(manifest.document["pipeline"]?["error"]?.string),
    ]
  }

  /// Two batches of one admin may run side by side, over different folders.
  private func isAskedFor(_ input: String?) -> Bool {
    guard let input, !record.inputs.isEmpty else { return true }
    let file = workspace.resolve(documentPath: shown.masked(input))
    return record.inputs.contains { asked in file.starts(with: workspace.resolve(documentPath: asked)) }
  }
}
