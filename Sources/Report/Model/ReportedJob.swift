/// One film of a batch, and what its job did in it.
public struct ReportedJob: Sendable, Equatable {
  /// What became of a film, in words an admin acts on; failures first.
  public enum Outcome: String, Sendable, CaseIterable {
    case failed
    case givenUp = "given_up"
    case interrupted, running, held
    case notBegun = "not_begun"
    case done
    /// Still being copied, or not to be read yet.
    case pending
    /// Done by an earlier run.
    case skipped
  }

  /// `nil` for a film that has no job.
  public var jobID: String?
  public var userID: Int?
  public var title: String?
  public var year: Int?
  public var input: String?
  /// As the batch decided: `new`, `resume`, `retry`, `skip`, `pending`, `held`, `given_up`.
  public var decision: String?
  public var outcome: Outcome
  /// Why, in words for the admin.
  public var reason: String?
  /// What it failed of, in its stage's own words.
  public var cause: String?
  /// The job's folder, as documents write it.
  public var outputFolder: String?
  /// Why the job's own records could not be read.
  public var problem: String?
  /// Whether that is because its folder was archived or removed since.
  public var isGone = false
  /// Whether it is gone into its archive.
  public var isArchived = false
  /// What ran in this batch, every attempt, in the order of beginning.
  public var stages: [StageSpan] = []
  /// How many stages were done before and stood.
  public var keptStages = 0

  /// When it began to run or wait, from the batch's beginning.
  public var startSeconds: Double? { stages.map { $0.startSeconds - $0.waitedSeconds }.min() }
  /// When its last stage ended, as far as that is known.
  public var endSeconds: Double? { stages.map { $0.endSeconds ?? $0.startSeconds }.max() }
  /// From its beginning to its end in this batch, waits included.
  public var durationSeconds: Double { max(0, (endSeconds ?? 0) - (startSeconds ?? 0)) }
  public var waitedSeconds: Double { stages.reduce(0) { $0 + $1.waitedSeconds } }
  public var outputBytes: Int { stages.reduce(0) { $0 + $1.outputBytes } }
  /// The stage that took longest.
  public var longestStage: StageSpan? { stages.max { $0.durationSeconds < $1.durationSeconds } }
}

/// One attempt of a stage on the batch's clock.
public struct StageSpan: Sendable, Equatable {
  public enum Status: String, Sendable {
    case success, failed, skipped, running, interrupted
  }

  public var name: String
  public var number: Int?
  public var attempt: Int?
  /// Whether it is the stage's latest, of which the end of its log tells.
  public var isLatest = false
  public var status: Status
  /// Where it took a slot; `nil` where that is not recorded.
  public var lane: String?
  public var startSeconds: Double
  /// Of a running one the present; `nil` where the end is not known.
  public var endSeconds: Double?
  /// For the lane, before the start.
  public var waitedSeconds: Double = 0
  public var outputBytes = 0
  public var peakMemoryBytes: Int?
  public var cpuSeconds: Double?
  /// Why it failed or was left out, in a line: of one that said no more than an exit code, its own last line.
  public var reason: String?
  /// What it said last.
  public var error: String?

  public var durationSeconds: Double { max(0, (endSeconds ?? startSeconds) - startSeconds) }
}
