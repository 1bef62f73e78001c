internal import Index
internal import Jobs
internal import SystemPackage

/// Reads what a batch's record and a job's own manifest tell of one film.
struct JobReader: Sendable {
  let workspace: Workspace
  let environment: [String: String]
  /// The batch's state, as it is believed.
  let batchStatus: PipelineStatus
  /// From the batch's beginning to its end, or to now; microseconds since 1970.
  let batch: Range<Int64>
  /// Of the batch's times, where its clock was another than the reader's.
  let zone: String?
  let now: Timestamp
  /// The workspace's secrets.
  let shown: ShownText

  struct Found: Sendable {
    var job: ReportedJob
    var troubles: [Trouble] = []
    /// `nil` where the job is not to be found.
    var paths: JobPaths?
  }

  /// - Parameter entry: an element of the record's `jobs`.
  func read(_ entry: JSON) -> Found {
    let input = entry["input"]?.string
    var found = Found(
      job: ReportedJob(
        jobID: shown.masked(entry["job_id"]?.string), userID: entry["user_id"]?.int, title: entry["title"]?.string,
        year: entry["year"]?.int, input: shown.masked(input.map { workspace.documentPath(FilePath($0.withoutNUL)) }),
        decision: entry["decision"]?.string, outcome: .notBegun, reason: entry["reason"]?.string))
    var status = entry["status"]?.string.flatMap { PipelineStatus(rawValue: $0) }
    // What an earlier run did is not of this batch, and may be gone since.
    if let name = entry["job_id"]?.string, found.job.decision != "skip" || status != nil {
      found.paths = JobPlaces(workspace: workspace).paths(of: entry)
      status = readManifest(&found, status) ?? status
      if found.paths == nil {
        found.job.isGone = true
        found.job.isArchived = hasArchive(found.job)
        found.job.problem = "\(name) was \(found.job.isArchived ? "archived" : "removed") since"
      }
    }
    found.job.outcome = outcome(status, found.job)
    found.job.title = shown.masked(found.job.title ?? input.flatMap { FilePath($0.withoutNUL).lastComponent?.stem })
    let isTroubled =
      [.failed, .givenUp, .held].contains(found.job.outcome) || found.job.stages.contains { $0.error != nil }
    let shown = isTroubled ? secrets(of: found) : shown
    found.job.reason = found.job.reason.map { shown($0) }
    for index in found.job.stages.indices {
      found.job.stages[index].reason = found.job.stages[index].reason.map { shown($0) }
      found.job.stages[index].error = found.job.stages[index].error.map { shown($0) }
    }
    if isTroubled { found.troubles = troubles(of: found) }
    found.job.cause = found.troubles.last { $0.kind == .failed }.map { trouble in
      trouble.stage.map { "\($0): \(trouble.text)" } ?? trouble.text
    }
    return found
  }

  /// What may be shown of a job's texts.
  func secrets(of found: Found) -> ShownText {
    guard let paths = found.paths else { return shown }
    let own = Secrets.values(ofJobIn: paths.output, workspace: workspace, outer: environment)
    return own == shown.secrets ? shown : ShownText(secrets: own)
  }

  /// - Returns: how the job stands, where the record cannot know it yet.
  private func readManifest(_ found: inout Found, _ status: PipelineStatus?) -> PipelineStatus? {
    guard let paths = found.paths else { return nil }
    found.job.userID = found.job.userID ?? paths.userID
    found.job.outputFolder = shown.masked(workspace.documentPath(paths.output))
    guard isDirectory(paths.output) else {
      found.paths = nil
      return nil
    }
    let manifest: Manifest
    do {
      let omission = JSON.Omission(of: ["metadata", "input_files", "fingerprint"], inEntriesOf: "stages")
      manifest = try Manifest(reading: paths.manifest, leavingOut: omission)
    } catch let error as JobError {
      found.job.problem = exists(paths.manifest) ? "manifest.json \(error.message)" : "manifest.json is gone"
      return nil
    } catch {
      found.job.problem = "manifest.json cannot be read"
      return nil
    }
    found.job.title = found.job.title ?? manifest.title
    found.job.year = found.job.year ?? manifest.year
    let isRunning = batchStatus == .running && FileLock.isHeld(paths.lock)
    // What the batch gave up or held it did not run; another run may have, meanwhile.
    if status == nil, ["given_up", "held"].contains(found.job.decision) { return nil }
    let spans = StageSpans(of: manifest, in: batch, zone: zone, now: isRunning ? now : nil)
    (found.job.stages, found.job.keptStages) = (spans.spans, spans.kept)
    let isOpen = status == nil || status == .running || status == .pending
    guard batchStatus == .running || batchStatus == .interrupted, isOpen, spans.isThere || isRunning else { return nil }
    return manifest.status(isRunning: isRunning)
  }

  private func hasArchive(_ job: ReportedJob) -> Bool {
    guard let folder = job.outputFolder else { return false }
    return ArchivePlace(ofJobIn: workspace.resolve(documentPath: folder), in: workspace)
      .map { exists($0.file(in: workspace)) } ?? false
  }

  private func outcome(_ status: PipelineStatus?, _ job: ReportedJob) -> ReportedJob.Outcome {
    switch (job.decision, status) {
    case ("given_up", _): return .givenUp
    case ("held", nil): return .held
    case ("skip", nil): return .skipped
    case ("pending", nil): return job.isLeft ? .notBegun : .pending
    case (_, .completed?): return .done
    case (_, .failed?): return .failed
    case (_, .interrupted?): return .interrupted
    case (_, .running?): return batchStatus == .running ? .running : .interrupted
    case (_, .pending?): return .notBegun
    case (_, nil):
      let hasEnded = batchStatus == .completed || batchStatus == .failed
      return hasEnded && !job.isLeft ? .failed : .notBegun
    }
  }

  private func troubles(of found: Found) -> [Trouble] {
    let job = found.job
    let cause = CauseText(
      jobID: job.jobID, title: job.title, input: job.input,
      folders: found.paths.map { [$0.output.string, $0.logs.string] } ?? [])
    func trouble(_ kind: FailureCause.Kind, _ stage: String?, _ text: String?) -> Trouble {
      let text = text ?? "no reason was recorded"
      return Trouble(kind: kind, stage: stage, text: text, common: cause.normalised(text))
    }
    var troubles = job.stages.filter { $0.status == .skipped && $0.error != nil }.map { span in
      trouble(.optional, span.name, Trouble.text(reason: span.reason, error: span.error))
    }
    switch job.outcome {
    case .held: troubles.append(trouble(.held, nil, job.reason))
    case .failed, .givenUp:
      if let span = job.stages.last(where: { $0.status == .failed }) {
        troubles.append(trouble(.failed, span.name, Trouble.text(reason: span.reason, error: span.error) ?? job.reason))
      } else {
        troubles.append(trouble(.failed, nil, job.reason ?? job.problem))
      }
    default: break
    }
    return troubles
  }
}

extension ReportedJob {
  /// Whether the batch ended before the film's turn: it was stopped, or it was too late in the night.
  fileprivate var isLeft: Bool { ["not begun", "left for the next run"].contains { reason?.hasPrefix($0) == true } }
}

extension String {
  /// No path holds a NUL, but a damaged record may.
  fileprivate var withoutNUL: String { utf8.contains(0) ? replacing("\0", with: "\u{FFFD}") : self }
}
