internal import Jobs

/// What a manifest tells of the stages that ran within one run of its job.
struct StageSpans {
  /// Every attempt of the run, in the order of beginning.
  private(set) var spans: [StageSpan] = []
  /// Stages done before the run began.
  private(set) var kept = 0
  /// Whether the run is in the manifest at all.
  private(set) var isThere = false

  private let manifest: Manifest
  private let batchStart: Timestamp
  private let run: Range<Int64>
  private let zone: String?

  /// - Parameters:
  ///   - batch: from the batch's beginning to its end; a job's run in it ends at the next run's beginning, too.
  ///   - zone: of the batch's times, where its clock was another than the reader's: that of manifests, too, that name none.
  ///   - now: the end of a stage that is at work; `nil` when nobody runs the job.
  init(of manifest: Manifest, in batch: Range<Int64>, zone: String?, now: Timestamp?) {
    self.manifest = manifest
    let document = manifest.document
    let own = document["timezone"]?.string
    let zone = own == nil ? zone : Timestamp.foreignZone(own, made: document["created_at"]?.string)
    self.zone = zone
    batchStart = Timestamp(microseconds: batch.lowerBound)
    // Times in records may be of clocks a little apart.
    let early = batch.lowerBound - 1_000_000
    let begun = manifest.history.filter { $0.what == .started }.compactMap { Timestamp($0.at, in: zone)?.microseconds }
      .filter { $0 >= early }.sorted()
    // An earlier run may have begun within that second, too.
    let begin = begun.first { $0 >= batch.lowerBound } ?? begun.last
    let next = begun.first { $0 > begin ?? .max }
    let lower = begun.first == begin ? early : begin ?? early
    run = lower..<max(lower, min(next ?? .max, batch.upperBound))
    isThere = begin.map(run.contains) ?? false
    readHistory()
    for record in manifest.stages { read(record, now: next == nil ? now : nil) }
    spans.sort { ($0.startSeconds, $0.number ?? 0) < ($1.startSeconds, $1.number ?? 0) }
  }

  private func offset(_ text: String?) -> Double? {
    text.flatMap { Timestamp($0, in: zone) }.map { $0.seconds(since: batchStart) }
  }

  private func isInRun(_ text: String?) -> Bool {
    text.flatMap { Timestamp($0, in: zone) }.map { run.contains($0.microseconds) } ?? false
  }

  /// Attempts that later ones have taken the place of.
  private mutating func readHistory() {
    var open: [StageSpan] = []
    for event in manifest.history {
      guard let stage = event.stage, isInRun(event.at), let at = offset(event.at) else { continue }
      if event.what == .stageStarted {
        // Why it was begun is not why it ended.
        open.append(StageSpan(name: stage, attempt: event.attempt, status: .interrupted, startSeconds: at))
        continue
      }
      let status: StageSpan.Status? =
        switch event.what {
        case .stageSucceeded: .success
        case .stageFailed: event.isStop ? .interrupted : .failed
        case .stageSkipped: .skipped
        default: nil
        }
      guard let status, let index = open.lastIndex(where: { $0.name == stage && $0.attempt == event.attempt })
      else { continue }
      var span = open.remove(at: index)
      (span.status, span.endSeconds, span.reason) = (status, at, event.reason)
      // The history keeps of what it said the line that tells why.
      if event.what == .stageFailed { span.error = event.reason?.withoutOptionalMark }
      spans.append(span)
    }
    spans += open
  }

  private mutating func read(_ record: StageRecord, now: Timestamp?) {
    let fields = record.fields
    // The history tells no lane.
    for index in spans.indices where spans[index].name == record.name {
      (spans[index].number, spans[index].lane) = (fields["stage_number"]?.ordinal, fields["lane"]?.string)
    }
    guard let status = record.status, let text = fields["started_at"]?.string, let start = offset(text) else {
      if record.status == .success { kept += 1 }
      return
    }
    guard isInRun(text) else {
      if record.status == .success, start < 0 { kept += 1 }
      return
    }
    let attempt = fields["attempt"]?.ordinal
    spans.removeAll { $0.name == record.name && $0.attempt == attempt && $0.startSeconds == start }
    var span = StageSpan(
      name: record.name, attempt: attempt, isLatest: true, status: .interrupted, startSeconds: start)
    span.number = fields["stage_number"]?.ordinal
    span.lane = fields["lane"]?.string
    span.waitedSeconds = fields["waited_seconds"]?.seconds ?? 0
    let end = offset(fields["completed_at"]?.string) ?? record.duration.map { start + $0 }
    span.endSeconds = end.map { max(start, $0) }
    switch status {
    case .success: span.status = .success
    case .failed: span.status = record.isInterrupted ? .interrupted : .failed
    case .skipped: span.status = .skipped
    case .running:
      if let now { (span.status, span.endSeconds) = (.running, max(start, now.seconds(since: batchStart))) }
    }
    span.outputBytes = Self.bytes(record)
    span.peakMemoryBytes = fields["resources"]?["peak_memory_bytes"]?.byteCount
    span.cpuSeconds = fields["resources"]?["cpu_seconds"]?.seconds
    let cause = failureCause(reason: record.reason, said: record.error)
    (span.reason, span.error) = (cause ?? fields["skip_reason"]?.string, record.error)
    spans.append(span)
  }

  /// Of the files it made; one that is named twice counts once.
  private static func bytes(_ record: StageRecord) -> Int {
    var sizes: [String: Int] = [:]
    for (key, file) in record.outputs { sizes[file.path ?? key] = JSON.int(file.size).byteCount ?? 0 }
    return sizes.values.reduce(0, +)
  }
}
