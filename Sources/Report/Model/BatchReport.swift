public import Jobs

/// What one batch did with its films, reckoned from its record and from the manifests of its jobs.
///
/// All offsets are seconds from the batch's beginning, all durations seconds, all sizes bytes. Texts that the jobs wrote
/// have secret values masked and hold no control characters but newlines.
public struct BatchReport: Sendable, Equatable {
  public var id: String
  public var status: PipelineStatus
  /// Who ran it: `user@host`.
  public var who: String?
  /// What was asked for, as documents write paths.
  public var inputs: [String]
  /// `nil` where the record does not tell.
  public var started: Timestamp?
  /// `nil` while it runs, and for a batch that was interrupted.
  public var completed: Timestamp?
  /// The zone of the batch's times: `IST +05:30`.
  public var timezone: String?
  /// From the beginning to the end: of a running batch so far, of an interrupted one to the last thing known of it.
  public var wallSeconds: Double
  public var jobs: [ReportedJob]
  /// Films that were done before the batch, and are not among ``jobs``.
  public var doneBefore = 0
  /// What failed, was left out or held, the most frequent first.
  public var causes: [FailureCause] = []
  public var lanes: [LaneUse] = []
  /// In the order of the pipeline.
  public var stages: [StageTotal] = []

  /// How many films came to each outcome.
  public var totals: [(outcome: ReportedJob.Outcome, films: Int)] {
    let counts = Dictionary(grouping: jobs, by: \.outcome).mapValues(\.count)
    return ReportedJob.Outcome.allCases.map { ($0, counts[$0] ?? 0) }
  }

  /// Films of one outcome.
  public func count(_ outcome: ReportedJob.Outcome) -> Int { jobs.count { $0.outcome == outcome } }

  /// Films with something to do: without those that were done before or are still being copied.
  public var wanted: Int { jobs.count { $0.outcome != .skipped && $0.outcome != .pending } }

  /// Jobs that an earlier run had begun.
  public var resumed: Int { jobs.count { $0.decision == "resume" } }

  /// Jobs that had failed before and were tried again.
  public var retried: Int { jobs.count { $0.decision == "retry" } }

  /// Jobs whose manifest could not be read.
  public var unreadable: Int { jobs.count { $0.problem != nil && !$0.isGone } }

  /// Jobs that were archived or removed since: of them there is what the batch's record tells.
  public var gone: Int { jobs.count(where: \.isGone) }

  /// What a person is told of the films beside what became of them, without what there is none of.
  public var besides: [(what: String, films: Int)] {
    [
      ("done before", doneBefore + count(.skipped)), ("resumed", resumed), ("tried again", retried),
      ("unreadable", unreadable), ("archived since", jobs.count(where: \.isArchived)),
      ("removed since", jobs.count { $0.isGone && !$0.isArchived }),
    ].filter { $0.films > 0 }
  }

  /// Waiting for lanes, all jobs together.
  public var waitedSeconds: Double { jobs.reduce(0) { $0 + $1.waitedSeconds } }

  /// What the stages of this batch left on the disk.
  public var outputBytes: Int { jobs.reduce(0) { $0 + $1.outputBytes } }

  /// The jobs that took longest in this batch, the longest first.
  public func slowest(_ most: Int = 10) -> [ReportedJob] {
    Array(
      jobs.filter { $0.durationSeconds > 0 }
        .sorted { ($1.durationSeconds, $0.jobID ?? "") < ($0.durationSeconds, $1.jobID ?? "") }.prefix(most))
  }
}
