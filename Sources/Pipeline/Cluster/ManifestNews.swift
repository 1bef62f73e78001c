internal import Jobs
internal import SystemPackage

/// What happens to a job that another process runs, read from its manifest as that changes.
struct ManifestNews {
  fileprivate struct Known: Equatable {
    var status: StageStatus?
    var attempt: Int
  }

  private let job: JobPaths
  private let film: InputDecision
  private var stages: [StageName: Known] = [:]
  private var seen: FileStatus?
  private var isOpen = false
  /// How many runs of the job have begun.
  private(set) var runs: Int

  /// - Parameter runs: how many had begun before; what they did is no news.
  init(of job: JobPaths, _ film: InputDecision, after runs: Int) {
    (self.job, self.film, self.runs) = (job, film, runs)
    guard let manifest = try? Manifest(reading: job.manifest), manifest.runs == runs else { return }
    stages = Self.known(manifest)
  }

  /// What has happened since the last look.
  mutating func look() -> [RunEvent] {
    // Opened, not looked at by name: a network's file system then asks what is there now.
    guard let file = try? FileDescriptor.open(job.manifest, .readOnly, options: [.closeOnExec]) else { return [] }
    defer { try? file.close() }
    guard let now = try? FileStatus(of: file), now != seen, let manifest = try? Manifest(reading: job.manifest)
    else { return [] }
    seen = now
    return news(manifest)
  }

  /// The last word: how the job ended.
  mutating func end(_ status: PipelineStatus, seconds: Double, reason: String?) -> [RunEvent] {
    let begin = isOpen ? [] : [begun]
    isOpen = false
    return begin + [.jobEnded(job, status: status, seconds: seconds, reason: reason)]
  }

  private var begun: RunEvent { .jobStarted(job, title: film.title, year: film.year, input: film.input) }

  private mutating func news(_ manifest: Manifest) -> [RunEvent] {
    guard manifest.runs > runs || isOpen else { return [] }
    var events: [RunEvent] = []
    if !isOpen { events.append(begun) }
    (runs, isOpen) = (max(runs, manifest.runs), true)
    for record in manifest.stages {
      let name = StageName(record.name)
      let now = Known(record)
      let before = stages[name]
      guard now != before, let status = now.status else { continue }
      stages[name] = now
      if before?.attempt != now.attempt, now.attempt > 0 {
        events.append(
          .stageStarted(
            job, stage: record.name, number: record.fields["stage_number"]?.ordinal ?? 0,
            lane: record.fields["lane"]?.string ?? "cpu", attempt: now.attempt))
      }
      if status == .running { continue }
      events.append(
        .stageEnded(
          job, stage: record.name, status: status, seconds: record.duration ?? 0,
          reason: failureCause(reason: record.reason, said: record.error)))
      events += Self.said(record, job)
    }
    return events
  }

  private static func said(_ record: StageRecord, _ job: JobPaths) -> [RunEvent] {
    let notes = (record.fields["metadata"]?["notes"]?.array ?? []).compactMap(\.string)
    if record.status == .success, !notes.isEmpty { return [.stageNoted(job, stage: record.name, notes: notes)] }
    guard record.status != .success, let error = record.error else { return [] }
    let lines = error.split(whereSeparator: \.isNewline).suffix(4).map(String.init)
    return [
      .stageSaid(job, stage: record.name, lines: lines, log: FilePath(record.fields["log"]?.string ?? job.logs.string))
    ]
  }

  private static func known(_ manifest: Manifest) -> [StageName: Known] {
    Dictionary(manifest.stages.map { (StageName($0.name), Known($0)) }, uniquingKeysWith: { $1 })
  }
}

extension ManifestNews.Known {
  fileprivate init(_ record: StageRecord) {
    self.init(status: record.status, attempt: record.attempt)
  }
}

extension Manifest {
  /// How many runs of the job have begun.
  var runs: Int { history.count { $0.what == .started } }
}
