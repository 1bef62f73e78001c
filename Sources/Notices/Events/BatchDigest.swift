public import Jobs

/// What an ended batch has to tell: how many jobs came to which end, and the failures grouped by cause.
public struct BatchDigest: Sendable {
  public var batch: String
  public var status: PipelineStatus
  public var started: Timestamp
  public var ended: Timestamp
  /// The number of jobs by status: `completed`, `failed`, `held` …
  public var jobs: [String: Int]
  public var failures: [FailedJob]

  public init(
    batch: String, status: PipelineStatus, started: Timestamp, ended: Timestamp, jobs: [String: Int],
    failures: [FailedJob]
  ) {
    (self.batch, self.status, self.started, self.ended) = (batch, status, started, ended)
    (self.jobs, self.failures) = (jobs, failures)
  }

  /// Failures that have stage and cause in common: what differs from job to job, numbers and folders, does not count.
  struct Group: Equatable {
    var stage: String?
    var cause: String
    var jobs: [FailedJob]
  }

  /// The most frequent first; groups of one size in the order in which they came up.
  var groups: [Group] {
    var groups: [Group] = []
    for job in failures {
      let cause = CauseText(jobID: job.id, title: job.title, input: job.input)
        .normalised(job.reason ?? "no reason was recorded")
      if let known = groups.firstIndex(where: { $0.stage == job.stage && $0.cause == cause }) {
        groups[known].jobs.append(job)
      } else {
        groups.append(Group(stage: job.stage, cause: cause, jobs: [job]))
      }
    }
    return groups.enumerated().sorted { ($1.element.jobs.count, $0.offset) < ($0.element.jobs.count, $1.offset) }
      .map(\.element)
  }
}
