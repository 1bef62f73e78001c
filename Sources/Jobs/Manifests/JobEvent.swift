/// One change of a job's state: when, who, what.
public struct JobEvent: Sendable, Equatable {
  /// What happened, as `history` of a manifest and the index spell it.
  public enum What: String, Sendable, CaseIterable {
    case created, started, completed, failed, interrupted, cancelled
    case stageStarted = "stage_started"
    case stageSucceeded = "stage_succeeded"
    case stageFailed = "stage_failed"
    case stageSkipped = "stage_skipped"
  }

  /// Local time, in the documented form.
  public var at: String
  /// `user@host` of a run, or of who made the job; `nil` where it is not known.
  public var who: String?
  public var what: What
  public var stage: String?
  public var attempt: Int?
  /// Why, in words for the admin.
  public var reason: String?

  public init(
    at: String, who: String? = nil, _ what: What, stage: String? = nil, attempt: Int? = nil, reason: String? = nil
  ) {
    (self.at, self.who, self.what, self.stage, self.attempt, self.reason) = (at, who, what, stage, attempt, reason)
  }

  /// Whether it tells of a stage that failed only because it was told to stop.
  public var isStop: Bool { what == .stageFailed && reason == stoppedOnRequest }

  init?(_ entry: JSON) {
    guard let at = entry["at"]?.string, let what = entry["event"]?.string.flatMap({ What(rawValue: $0) })
    else { return nil }
    self.init(
      at: at, who: entry["who"]?.string, what, stage: entry["stage"]?.string, attempt: entry["attempt"]?.ordinal,
      reason: entry["reason"]?.string)
  }

  /// As an entry of `history`.
  public var document: JSON {
    var entry: JSON = ["at": .string(at), "event": .string(what.rawValue)]
    entry["stage"] = stage.map { .string($0) }
    entry["attempt"] = attempt.map { .int($0) }
    entry["who"] = who.map { .string($0) }
    entry["reason"] = reason.map { .string($0) }
    return entry
  }
}

extension Manifest {
  /// Adds to `history`: the beginnings and ends of runs, and what stage records can no longer tell because a later
  /// attempt took their place.
  public mutating func remember(_ event: JobEvent) {
    var history = document["history"]?.array ?? []
    history.append(event.document)
    document["history"] = .array(history)
  }

  /// Keeps in `history` what the record of a stage tells, before another attempt replaces it.
  public mutating func rememberRecord(of stage: String) {
    guard let record = self.stage(stage), record.status != nil else { return }
    let runs = history.filter { $0.what == .started }
    for event in Self.events(of: record) {
      var event = event
      event.who = event.who ?? runs.last { $0.at <= event.at }?.who
      remember(event)
    }
  }

  /// Keeps in `history` how the job ended that another writer ran, before it goes on.
  public mutating func rememberEnding() {
    if keptHistory.isEmpty, let foreignEnding { remember(foreignEnding) }
  }

  /// Keeps in `history` that the run before died, which it could not tell itself, and adds the time that it ran.
  public mutating func rememberInterruption() {
    guard let interruption else { return }
    remember(interruption)
    let timing = document["timing"]
    guard let died = Timestamp(interruption.at),
      let began = (timing?["resumed_at"] ?? timing?["started_at"])?.string.flatMap({ Timestamp($0) })
    else { return }
    let seconds = (timing?["running_seconds"]?.seconds ?? 0) + died.seconds(since: began)
    document["timing"]?["running_seconds"] = .double(seconds)
  }

  /// The end of a run that still says it goes on, when nobody runs it any more: it is known to have come as far as its
  /// records tell. `nil` for all others, and where no record tells a time.
  public var interruption: JobEvent? {
    guard recordedStatus == .running, let last = events.last else { return nil }
    let run = history.last { $0.what == .started }
    return JobEvent(at: last.at, who: run?.who, .interrupted, reason: "the run ended without a word")
  }

  /// Everything that happened to the job, oldest first: ``history``, and what the stages' records tell.
  public var events: [JobEvent] {
    let events = history + stages.flatMap { Self.events(of: $0) }
    // Stable, so that what happened in one moment stays in the order it was written in.
    return events.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }

  /// What happened besides what the stages' records tell: the job's making, and what the document's `history` keeps.
  ///
  /// Of a job that another writer ran, how it ended.
  public var history: [JobEvent] {
    var events: [JobEvent] = []
    if let created = document["created_at"]?.string {
      events.append(JobEvent(at: created, who: document["created_by"]?.string, .created))
    }
    let kept = keptHistory
    return events + (kept.isEmpty ? foreignEnding.map { [$0] } ?? [] : kept)
  }

  private var keptHistory: [JobEvent] { (document["history"]?.array ?? []).compactMap { JobEvent($0) } }

  /// How the job ended, as writers tell who keep no history.
  private var foreignEnding: JobEvent? {
    guard let ended = document["timing"]?["completed_at"]?.string ?? document["completed_at"]?.string else {
      return nil
    }
    switch status(isRunning: false) {
    case .completed: return JobEvent(at: ended, .completed)
    case .failed: return JobEvent(at: ended, .failed, reason: document["pipeline"]?["error"]?.string)
    default: return nil
    }
  }

  private static func events(of record: StageRecord) -> [JobEvent] {
    let attempt = record.fields["attempt"]?.ordinal
    let who = record.fields["who"]?.string
    var events: [JobEvent] = []
    let started = record.fields["started_at"]?.string
    if let started {
      let because = record.fields["because"]?.string
      events.append(
        JobEvent(at: started, who: who, .stageStarted, stage: record.name, attempt: attempt, reason: because))
    }
    let what: JobEvent.What? =
      switch record.status {
      case .success?: .stageSucceeded
      case .failed?: .stageFailed
      case .skipped?: .stageSkipped
      case .running?, nil: nil
      }
    if let what, let ended = record.fields["completed_at"]?.string ?? (what == .stageSkipped ? started : nil) {
      events.append(
        JobEvent(at: ended, who: who, what, stage: record.name, attempt: attempt, reason: record.cause))
    }
    return events
  }
}
