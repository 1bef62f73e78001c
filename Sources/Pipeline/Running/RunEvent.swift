public import Jobs
public import SystemPackage
internal import TextWidth

/// What happens in a run, for whoever shows or records it.
public enum RunEvent: Sendable {
  /// A batch began, of so many films with so many stages; `expected` is what all were reckoned to take, in seconds.
  case batchStarted(String, films: Int, stages: Int, lanes: [String: Int], expected: Double?)
  /// A film has changed a moment ago, and begins once it has been still for so many seconds.
  case filmSettles(FilePath, seconds: Double)
  /// Films that came while a batch watches its folders.
  case filmsAdded(Int, stages: Int)
  /// Nothing more is begun; `because` is told where nobody has asked for it.
  case batchStopping(StopSource.Level, because: String?)
  case batchEnded(String, PipelineStatus)
  case jobStarted(JobPaths, title: String, year: Int?, input: FilePath)
  /// The documented RESUMING block.
  case resuming(JobPaths, completed: [String], skipped: [String])
  /// Processes of an earlier, dead run of this job were ended.
  case orphansEnded(JobPaths)
  /// The stage waits for a place in its lane.
  case stageWaiting(JobPaths, stage: String, number: Int, lane: String)
  case stageStarted(JobPaths, stage: String, number: Int, lane: String, attempt: Int)
  /// What the stage is run as: the program and its arguments, as its log has them.
  case stageCommand(JobPaths, stage: String, command: String)
  /// `fraction` is between 0 and 1.
  case stageProgress(JobPaths, stage: String, fraction: Double, text: String)
  case stageEnded(JobPaths, stage: String, status: StageStatus, seconds: Double, reason: String?)
  /// Why an attempt failed: the last lines of its log, and where the rest is.
  case stageSaid(JobPaths, stage: String, lines: [String], log: FilePath)
  /// The stage's earlier result stands.
  case stageKept(JobPaths, stage: String)
  /// Why a stage that has run is done once more.
  case stageAgain(JobPaths, stage: String, because: String)
  /// What a stage that succeeded wants known: the notes of its metadata.
  case stageNoted(JobPaths, stage: String, notes: [String])
  case stageRetrying(JobPaths, stage: String, after: Double, reason: String)
  case jobEnded(JobPaths, status: PipelineStatus, seconds: Double, reason: String?)
  /// Something the admin should know.
  case warning(String)

  /// The lines that a log or a plain terminal shows of it; none for progress.
  public var lines: [String] {
    switch self {
    case .jobStarted(let job, let title, let year, let input):
      ["\(job.id): \(filmName(title, year)) from \(input.string.onOneLine)"]
    case .resuming(_, let completed, let skipped):
      [
        "📋 RESUMING FROM PREVIOUS RUN",
        "   Completed: \(completed.isEmpty ? "none" : completed.joined(separator: ", "))",
        "   Skipped: \(skipped.isEmpty ? "none" : skipped.joined(separator: ", "))",
      ]
    case .orphansEnded(let job): ["\(job.id): ended processes that an earlier run had left behind"]
    case .stageStarted(let job, let stage, _, _, let attempt):
      ["\(job.id): \(stage) started\(attempt > 1 ? " (attempt \(attempt))" : "")"]
    case .stageWaiting, .stageCommand, .stageProgress, .batchStarted, .batchEnded: []
    case .filmSettles(let film, let seconds):
      [
        "\(film.string.onOneLine) changed a moment ago, and begins once it has been still for \(describeDuration(seconds))"
      ]
    case .batchStopping(_, let because): because.map { [$0] } ?? []
    case .filmsAdded(let films, _): ["\(films) new \(films == 1 ? "film" : "films")"]
    case .stageEnded(let job, let stage, let status, let seconds, let reason):
      ["\(job.id): \(stage) \(status.rawValue) after \(describeDuration(seconds))\(reason.map { ": \($0)" } ?? "")"]
    case .stageSaid(_, _, let lines, let log): lines.map { "    | \($0)" } + ["    log: \(log)"]
    case .stageNoted(_, _, let notes): notes.map { "    note: \($0)" }
    case .stageKept(let job, let stage): ["\(job.id): \(stage) kept"]
    case .stageAgain(let job, let stage, let because): ["\(job.id): \(stage) runs again: \(because)"]
    case .stageRetrying(let job, let stage, let after, let reason):
      ["\(job.id): \(stage) is tried again in \(describeDuration(after)): \(reason)"]
    case .jobEnded(let job, let status, let seconds, let reason):
      ["\(job.id): \(status.rawValue) after \(describeDuration(seconds))\(reason.map { ": \($0)" } ?? "")"]
    case .warning(let text): [text]
    }
  }

  /// The lines of one who wants to see all.
  public var allLines: [String] {
    switch self {
    case .batchStarted(let id, let films, let stages, let lanes, _):
      [
        "batch \(id): \(films) \(films == 1 ? "film" : "films"), \(stages) \(stages == 1 ? "stage" : "stages"), lanes: "
          + lanes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
      ]
    case .stageWaiting(let job, let stage, _, let lane): ["\(job.id): \(stage) waits for a place in the lane \(lane)"]
    case .stageCommand(_, _, let command): ["    $ \(command.onOneLine)"]
    case .batchEnded(let id, let status): ["batch \(id): \(status.rawValue)"]
    default: lines
    }
  }
}

/// A film as people call it: `Sholay (1975)`.
public func filmName(_ title: String, _ year: Int?) -> String { title + (year.map { " (\($0))" } ?? "") }
