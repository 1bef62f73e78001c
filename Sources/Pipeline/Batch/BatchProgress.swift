public import Jobs

/// How far a batch has come, put together from what happens in it.
public struct BatchProgress: Sendable {
  /// A job under way.
  public struct Running: Sendable {
    public var job: String
    /// The film's title and year.
    public var title: String
    public var year: Int?
    /// `nil` between stages.
    public var stage: String?
    public var number: Int?
    public var lane: String?
    /// Whether the stage waits for a place in its lane.
    public var isWaiting = false
    /// Between 0 and 1, where the stage tells.
    public var fraction: Double?
    public var text = ""
    /// When the stage began, or began to wait.
    public var since: Timestamp
    /// When a stage that failed is tried again.
    public var retriesAt: Timestamp?
    /// Stages of it that are done.
    fileprivate var done = 0
  }

  public private(set) var batch: String?
  public private(set) var started: Timestamp?
  /// Films that there was something to do with at the beginning, and those that came.
  public private(set) var films = 0
  public private(set) var completed = 0
  public private(set) var failed = 0
  /// Jobs under way, in the order of their beginning.
  public private(set) var running: [Running] = []
  /// The last failures, newest first: the job and why.
  public private(set) var failures: [(job: String, reason: String)] = []
  public private(set) var laneSizes: [String: Int] = [:]
  /// Whether the batch was told to end.
  public private(set) var stopping = StopSource.Level.none
  /// What all films were reckoned to take, in seconds; `nil` without a history.
  private var expected: Double?
  private var stages: Int = 0
  private var stagesDone = 0
  /// What another process has reckoned, of whose batch this is, and when.
  private var told: (fraction: Double?, secondsLeft: Double?, at: Timestamp?) = (nil, nil, nil)

  public init() {}

  /// Jobs that have ended.
  public var ended: Int { completed + failed }

  /// Stages at work, by lane.
  public var laneUse: [String: Int] {
    Dictionary(running.filter { !$0.isWaiting }.compactMap { $0.lane.map { ($0, 1) } }, uniquingKeysWith: +)
  }

  /// The part of all stages that is done, running ones as far as they tell.
  public var fraction: Double {
    if let fraction = told.fraction { return fraction }
    guard stages > 0 else { return films > 0 ? Double(ended) / Double(films) : batch == nil ? 0 : 1 }
    let partly = running.reduce(0) { $0 + ($1.isWaiting ? 0 : $1.fraction ?? 0) }
    return min(1, (Double(stagesDone) + partly) / Double(stages))
  }

  /// Seconds until all is done, as far as can be told.
  public func secondsLeft(now: Timestamp = .now) -> Double? {
    guard let started, ended < films, stopping == .none else { return nil }
    // What was told when something last happened goes down with the clock: the pace is of that moment.
    if let left = told.secondsLeft, let at = told.at {
      let now = left - now.seconds(since: at)
      return now > 0 ? now : nil
    }
    let elapsed = now.seconds(since: started)
    // By the pace so far, once there is one; before that by what earlier jobs took.
    if fraction > 0.05, elapsed > 2 { return elapsed / fraction * (1 - fraction) }
    let hands = Double(max(1, running.count))
    // What takes longer than it was to take tells nothing of its end.
    return expected.map { $0 / hands - elapsed }.flatMap { $0 > 0 ? $0 : nil }
  }

  public mutating func note(_ event: RunEvent, now: Timestamp = .now) {
    switch event {
    case .batchStarted(let id, let films, let stages, let lanes, let expected):
      (batch, started, self.films, self.stages, laneSizes, self.expected) = (id, now, films, stages, lanes, expected)
    case .filmsAdded(let films, let stages):
      self.films += films
      self.stages += stages
    case .jobStarted(let job, let title, let year, _):
      running.append(Running(job: job.id.description, title: filmName(title, year), year: year, since: now))
    case .stageWaiting(let job, let stage, let number, let lane):
      change(job) { running in
        (running.stage, running.number, running.lane, running.isWaiting) = (stage, number, lane, true)
        (running.fraction, running.since, running.retriesAt) = (nil, now, nil)
      }
    case .stageStarted(let job, let stage, let number, let lane, _):
      change(job) { running in
        (running.stage, running.number, running.lane, running.isWaiting) = (stage, number, lane, false)
        (running.fraction, running.text, running.since, running.retriesAt) = (nil, "", now, nil)
      }
    case .stageProgress(let job, _, let fraction, let text):
      change(job) { ($0.fraction, $0.text) = (fraction, text) }
    case .stageEnded(let job, _, let status, _, _):
      change(job) { ($0.stage, $0.lane, $0.fraction, $0.text) = (nil, nil, nil, "") }
      if status != .failed { count(job) }
    case .stageKept(let job, _): count(job)
    case .stageRetrying(let job, let stage, let after, _):
      change(job) {
        ($0.stage, $0.since, $0.retriesAt) = (
          stage, now, Timestamp(microseconds: now.microseconds + Int64(after * 1_000_000))
        )
      }
    case .jobEnded(let job, let status, _, let reason):
      // What a job that ended has not done is not to come any more. That of one which is left for the next run is not done.
      let isLeft = status == .interrupted && stopping != .none
      if !isLeft, let known = running.first(where: { $0.job == job.id.description }), films > 0 {
        stagesDone += max(0, stages / films - known.done)
      }
      running.removeAll { $0.job == job.id.description }
      if status == .completed { completed += 1 }
      if status == .failed {
        failed += 1
        failures.insert((job.id.description, reason ?? "no reason was recorded"), at: 0)
        failures = Array(failures.prefix(3))
      }
    case .batchStopping(let level, _): stopping = level
    case .filmSettles, .resuming, .orphansEnded, .stageAgain, .stageSaid, .stageCommand, .stageNoted, .warning,
      .batchEnded:
      break
    }
  }

  /// Counts a stage of a job as done.
  private mutating func count(_ job: JobPaths) {
    stagesDone += 1
    change(job) { $0.done += 1 }
  }

  private mutating func change(_ job: JobPaths, _ body: (inout Running) -> Void) {
    let id = job.id.description
    if let index = running.firstIndex(where: { $0.job == id }) { body(&running[index]) }
  }
}

extension BatchProgress {
  /// As `cpwx status` reads it.
  public var document: JSON {
    [
      "batch_id": .string(batch), "started_at": .string(started?.text), "films": .int(films),
      "completed": .int(completed), "failed": .int(failed), "fraction": .double(fraction),
      "stops": .string(stopping.word),
      "seconds_left": secondsLeft().map { .double($0.rounded()) } ?? .null, "at": .string(Timestamp.now.text),
      "lanes": .array(
        laneSizes.sorted { $0.key < $1.key }.map {
          ["lane": .string($0.key), "places": .int($0.value), "in_use": .int(laneUse[$0.key] ?? 0)]
        }),
      "running": .array(
        running.map {
          [
            "job_id": .string($0.job), "title": .string($0.title), "year": .int($0.year),
            "stage": .string($0.stage),
            "stage_number": .int($0.number), "lane": .string($0.lane), "waiting": .bool($0.isWaiting),
            "fraction": $0.fraction.map { .double($0) } ?? .null, "text": .string($0.text),
            "since": .string($0.since.text), "retries_at": .string($0.retriesAt?.text),
          ]
        }),
      "failures": .array(failures.map { ["job_id": .string($0.job), "reason": .string($0.reason)] }),
    ]
  }
}

extension BatchProgress {
  /// From what a running batch has written of itself, by the clock of who runs it.
  public init(document: JSON) {
    let zone = Timestamp.foreignZone(document["timezone"]?.string, made: document["started_at"]?.string)
    func moment(_ value: JSON?) -> Timestamp? { value?.string.flatMap { Timestamp($0, in: zone) } }
    batch = document["batch_id"]?.string
    started = moment(document["started_at"])
    (films, completed) = (document["films"]?.int ?? 0, document["completed"]?.int ?? 0)
    failed = document["failed"]?.int ?? 0
    stopping = [.drain, .now].first { $0.word == document["stops"]?.string } ?? .none
    for lane in document["lanes"]?.array ?? [] {
      if let name = lane["lane"]?.string { laneSizes[name] = lane["places"]?.int }
    }
    running = (document["running"]?.array ?? []).map { job in
      Running(
        job: job["job_id"]?.string ?? "", title: job["title"]?.string ?? "", year: job["year"]?.int,
        stage: job["stage"]?.string,
        number: job["stage_number"]?.ordinal, lane: job["lane"]?.string, isWaiting: job["waiting"]?.bool ?? false,
        fraction: job["fraction"]?.fraction, text: job["text"]?.string ?? "",
        since: moment(job["since"]) ?? .now, retriesAt: moment(job["retries_at"]))
    }
    failures = (document["failures"]?.array ?? []).map { ($0["job_id"]?.string ?? "", $0["reason"]?.string ?? "") }
    told = (document["fraction"]?.fraction, document["seconds_left"]?.seconds, moment(document["at"]))
  }
}
