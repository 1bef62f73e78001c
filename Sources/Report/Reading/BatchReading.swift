public import Index
public import Jobs
public import SystemPackage

extension BatchReport {
  /// Reads the report of a batch.
  ///
  /// Whatever is damaged or gone is told of in the report; what can be read is reported all the same.
  /// - Parameters:
  ///   - path: the batch's record.
  ///   - environment: the caller's, whose secrets are masked like the workspace's.
  ///   - now: up to where a running batch is reported.
  ///   - notice: told of troubles with the index, which is asked only for a batch whose record names no jobs yet.
  /// - Throws: ``JobError`` with code `damaged` or `io` when the record itself cannot be read.
  public init(
    reading path: FilePath, in workspace: Workspace, environment: [String: String], now: Timestamp = .now,
    notice: IndexNotice = .silent
  ) async throws {
    let record = try BatchRecord(reading: path)
    let status = BatchRecord.status(record, at: path)
    let started = record.startedAt.flatMap { Timestamp($0) }
    let completed = status == .running ? nil : record.completedAt.flatMap { Timestamp($0) }
    // What is shown is of the clock of who ran it; what is reckoned with, the moments that they were.
    let timezone = record.document["timezone"]?.string
    let zone = Timestamp.foreignZone(timezone, made: record.startedAt)
    let began = record.startedAt.flatMap { Timestamp($0, in: zone) }
    let ended = completed == nil ? nil : record.completedAt.flatMap { Timestamp($0, in: zone) }
    let secrets = workspace.secrets(outer: environment)
    let shown = ShownText(secrets: secrets)

    var entries = record.document["jobs"]?.array ?? []
    if entries.isEmpty, completed == nil, let started {
      entries = try UnrecordedJobs(
        workspace: workspace, record: record, started: started, shown: shown, notice: notice
      ).entries()
    }
    let begin = began?.microseconds ?? 0
    let end = (ended ?? now).microseconds + 1_000_000
    let reader = JobReader(
      workspace: workspace, environment: environment, batchStatus: status, batch: begin..<max(begin, end),
      zone: zone, now: now, shown: shown)
    let found = await reader.read(all: entries)

    self.init(
      id: path.stem ?? record.id, status: status, who: shown.masked(record.who),
      inputs: record.inputs.map { shown.masked($0) }, started: started, completed: completed,
      timezone: timezone, wallSeconds: 0, jobs: found.map(\.job))
    doneBefore = record.doneBefore
    let last = jobs.compactMap(\.endSeconds).max() ?? 0
    let known = began.flatMap { began in
      (ended ?? (status == .running ? now : nil)).map { $0.seconds(since: began) }
    }
    wallSeconds = max(0, known ?? last)
    stages = StageTotal.all(of: jobs)
    let slots = (record.document["lanes"]?.object?.members ?? []).compactMap { lane in
      lane.value.int.map { (lane.name, max(0, $0)) }
    }
    lanes = LaneUse.all(of: jobs, slots: Dictionary(slots, uniquingKeysWith: { $1 }), wallSeconds: wallSeconds)
    causes = FailureCause.groups(
      of: found.enumerated().flatMap { index, found in found.troubles.map { (index, $0) } })
    for index in causes.indices { causes[index].addLog(from: found, reader) }
  }
}

extension FailureCause {
  /// The last lines of the log of the first job that has any.
  fileprivate mutating func addLog(from found: [JobReader.Found], _ reader: JobReader) {
    example = jobs.lazy.compactMap { found[$0].job.jobID }.first
    guard let stage else { return }
    for job in jobs.prefix(5) {
      let member = found[job]
      // The log of one that a later run did again ends with what that run said.
      guard member.job.stages.last(where: { $0.name == stage })?.isLatest == true else { continue }
      let shown = reader.secrets(of: member)
      var lines = member.paths.map { LogTail.read(of: stage, $0, shown) } ?? []
      if lines.isEmpty, let error = member.job.stages.last(where: { $0.name == stage && $0.error != nil })?.error {
        lines = LogTail.split(error, shown)
      }
      if lines.isEmpty { continue }
      (example, logLines) = (member.job.jobID, lines)
      return
    }
  }
}

extension JobReader {
  /// Reads all films on all cores; the results are in the order of the entries.
  fileprivate func read(all entries: [JSON]) async -> [Found] {
    let size = 64
    let starts = stride(from: 0, to: entries.count, by: size)
    return await withTaskGroup(of: (Int, [Found]).self) { group in
      for start in starts {
        let piece = Array(entries[start..<min(start + size, entries.count)])
        group.addTask { (start, piece.map { read($0) }) }
      }
      var pieces: [Int: [Found]] = [:]
      for await (start, found) in group { pieces[start] = found }
      return starts.flatMap { pieces[$0] ?? [] }
    }
  }
}
