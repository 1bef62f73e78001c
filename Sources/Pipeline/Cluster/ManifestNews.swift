internal import Jobs
internal import SystemPackage

/// What happens to a job that another process runs, read from its manifest as that changes: the beginnings and ends of its
/// runs and stages, what stands from earlier runs, and what is tried again. How far a stage is, ``ProgressNews`` tells.
struct ManifestNews {
  fileprivate struct Known: Equatable {
    var status: StageStatus?
    var attempt: Int
  }

  private let job: JobPaths
  private let film: InputDecision
  private let wanted: [StageDefinition]
  /// As they were told last, or stood before the first run that is news.
  private var stages: [StageName: Known] = [:]
  /// Those that were told to be done with.
  private var isTold: Set<StageName> = []
  private var seen: FileStatus?
  private var isOpen = false
  /// How many runs of the job have begun.
  private(set) var runs: Int
  /// When the last of them began, as the job's history has it; `nil` where it was before.
  private(set) var began: String?

  /// - Parameters:
  ///   - stages: those that are to be done, in their order.
  ///   - runs: how many had begun before; what they did is no news.
  init(of job: JobPaths, _ film: InputDecision, _ stages: [StageDefinition], after runs: Int) {
    (self.job, self.film, wanted, self.runs) = (job, film, stages, runs)
    guard let manifest = try? Manifest(reading: job.manifest) else { return }
    let begun = manifest.history.filter { $0.what == .started }.dropFirst(runs).first
    self.stages = Self.standing(manifest, before: begun?.at)
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

  /// Whether a stage is at work, as far as was told.
  var isInStage: Bool { isOpen && stages.values.contains { $0.status == .running } }

  /// Whether just this attempt is.
  func isAtWork(on stage: String, attempt: Int) -> Bool {
    isOpen && stages[StageName(stage)] == Known(status: .running, attempt: attempt)
  }

  private var begun: RunEvent { .jobStarted(job, title: film.title, year: film.year, input: film.input) }

  private mutating func news(_ manifest: Manifest) -> [RunEvent] {
    guard manifest.runs > runs || isOpen else { return [] }
    var events: [RunEvent] = []
    if !isOpen { events.append(begun) }
    if manifest.runs > runs, !stages.isEmpty { events.append(resuming(manifest)) }
    (runs, isOpen) = (max(runs, manifest.runs), true)
    began = manifest.history.last { $0.what == .started }?.at
    for record in manifest.stages {
      let name = StageName(record.name)
      let now = Known(record)
      let before = stages[name]
      guard now != before, let status = now.status else { continue }
      if before?.attempt != now.attempt {
        events += standing(before: name, manifest)
        events += retries(of: record, since: before, manifest)
        if now.attempt > 0 { events.append(started(record, attempt: now.attempt)) }
      }
      stages[name] = now
      if status == .running { continue }
      if status != .failed { isTold.insert(name) }
      let reason = failureCause(reason: record.reason, said: record.error)
      events.append(
        .stageEnded(job, stage: record.name, status: status, seconds: record.duration ?? 0, reason: reason))
      events += Self.said(record, job)
      if status == .failed, let pause = record.fields["retried_after_seconds"]?.seconds {
        let ended = record.fields["completed_at"]?.string.flatMap { Timestamp($0) }
        let left = max(0, pause - (ended.map { Timestamp.now.seconds(since: $0) } ?? 0))
        events.append(.stageRetrying(job, stage: record.name, after: left, reason: record.cause ?? ""))
      }
    }
    // A run that has ended has come past all of them, unless it says that it did not.
    if manifest.recordedStatus != .running, wanted.allSatisfy({ Self.isDone(stages[$0.canonicalName]) }) {
      events += standing(before: nil, manifest)
    }
    return events
  }

  private func resuming(_ manifest: Manifest) -> RunEvent {
    func named(_ status: StageStatus) -> [String] {
      manifest.stages.map(\.name).filter { stages[StageName($0)]?.status == status }
    }
    return .resuming(job, completed: named(.success), skipped: named(.skipped))
  }

  /// What a run has left as it was on its way to a stage, or to its end.
  private mutating func standing(before next: StageName?, _ manifest: Manifest) -> [RunEvent] {
    var events: [RunEvent] = []
    for stage in wanted.prefix(while: { $0.canonicalName != next }) {
      guard Self.isDone(stages[stage.canonicalName]), isTold.insert(stage.canonicalName).inserted else { continue }
      let record = manifest.stage(stage.name)
      if record?.fields["switched_off"]?.bool == true {
        events.append(.stageEnded(job, stage: stage.name, status: .skipped, seconds: 0, reason: record?.reason))
      } else {
        events.append(.stageKept(job, stage: stage.name))
      }
    }
    return events
  }

  /// Attempts that have ended since the last look, and whose records another one has replaced.
  private func retries(of record: StageRecord, since before: Known?, _ manifest: Manifest) -> [RunEvent] {
    let first = before.map { $0.status == .running ? $0.attempt : $0.attempt + 1 } ?? 1
    guard first < record.attempt else { return [] }
    let history = manifest.history.filter { event in
      event.stage.map { StageName($0) } == StageName(record.name) && event.attempt.map { $0 >= first } == true
    }
    func moment(_ what: JobEvent.What, _ attempt: Int) -> JobEvent? {
      history.last { $0.what == what && $0.attempt == attempt }
    }
    return (first..<record.attempt).flatMap { attempt -> [RunEvent] in
      guard let began = moment(.stageStarted, attempt), let failed = moment(.stageFailed, attempt) else { return [] }
      let next = moment(.stageStarted, attempt + 1)?.at ?? record.fields["started_at"]?.string ?? failed.at
      let start = attempt == before?.attempt ? [] : [started(record, attempt: attempt)]
      return start + [
        .stageEnded(
          job, stage: record.name, status: .failed, seconds: Self.seconds(began.at, failed.at), reason: failed.reason),
        .stageRetrying(
          job, stage: record.name, after: Self.seconds(failed.at, next), reason: failed.reason ?? ""),
      ]
    }
  }

  private func started(_ record: StageRecord, attempt: Int) -> RunEvent {
    .stageStarted(
      job, stage: record.name, number: record.fields["stage_number"]?.ordinal ?? 0,
      lane: record.fields["lane"]?.string ?? "cpu", attempt: attempt)
  }

  private static func seconds(_ start: String, _ end: String) -> Double {
    guard let start = Timestamp(start), let end = Timestamp(end) else { return 0 }
    return max(0, end.seconds(since: start))
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

  private static func isDone(_ stage: Known?) -> Bool { stage?.status == .success || stage?.status == .skipped }

  /// How the stages stood at a moment, as far as the manifest still tells; `nil`: now, when nobody runs it.
  private static func standing(_ manifest: Manifest, before moment: String?) -> [StageName: Known] {
    let now = Dictionary(manifest.stages.map { (StageName($0.name), $0) }, uniquingKeysWith: { $1 })
    func known(_ record: StageRecord) -> Known {
      var known = Known(record)
      if known.status == .running { known.status = .failed }
      return known
    }
    guard let moment else { return now.mapValues(known) }
    let history = manifest.history.filter { $0.at < moment && $0.stage != nil }
    return now.compactMapValues { record in
      // One that was left out has no times.
      if record.fields["started_at"]?.string.map({ $0 < moment }) ?? true { return known(record) }
      let last = history.last { StageName($0.stage ?? "") == StageName(record.name) }
      return last.map { Known(status: StageStatus(after: $0.what), attempt: $0.attempt ?? 0) }
    }
  }
}

extension ManifestNews.Known {
  fileprivate init(_ record: StageRecord) {
    self.init(status: record.status, attempt: record.attempt)
  }
}

extension StageStatus {
  fileprivate init?(after event: JobEvent.What) {
    switch event {
    case .stageSucceeded: self = .success
    case .stageSkipped: self = .skipped
    case .stageFailed, .stageStarted: self = .failed
    default: return nil
    }
  }
}

extension Manifest {
  /// How many runs of the job have begun.
  var runs: Int { history.count { $0.what == .started } }
}
