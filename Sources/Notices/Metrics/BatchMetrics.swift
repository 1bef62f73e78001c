public import Jobs

/// What a workspace has to show to Prometheus when a batch has ended.
public struct BatchMetrics: Sendable {
  /// The durations of one stage's attempts that succeeded.
  public struct Stage: Sendable {
    public var name: String
    /// Seconds of all together.
    public var seconds: Double
    public var count: Int

    public init(name: String, seconds: Double, count: Int) {
      (self.name, self.seconds, self.count) = (name, seconds, count)
    }
  }

  public var started: Timestamp
  public var ended: Timestamp
  /// The batch's jobs by status.
  public var batchJobs: [String: Int]
  /// The jobs of the workspace by status.
  public var jobs: [String: Int] = [:]
  public var stages: [Stage] = []
  /// Bytes that are free for us, by the folder's name: `out`, `logs`.
  public var freeBytes: [String: Int] = [:]

  public init(started: Timestamp, ended: Timestamp, batchJobs: [String: Int]) {
    (self.started, self.ended, self.batchJobs) = (started, ended, batchJobs)
  }

  /// A status that no job has is there with 0, so that a rule can count on it.
  public var metrics: Metrics {
    var metrics = Metrics()
    for (status, count) in Self.complete(batchJobs) {
      metrics.gauge(
        "cpwx_batch_jobs", "Jobs of the latest batch, by what became of them.", Double(count),
        labels: [("status", status)])
    }
    metrics.gauge(
      "cpwx_batch_duration_seconds", "How long the latest batch took.", ended.seconds(since: started))
    metrics.gauge(
      "cpwx_batch_completed_timestamp_seconds", "When the latest batch ended, since 1970.",
      Double(ended.microseconds) / 1_000_000)
    if !jobs.isEmpty {
      for (status, count) in Self.complete(jobs) {
        metrics.gauge(
          "cpwx_jobs", "Jobs of the workspace, by status.", Double(count), labels: [("status", status)])
      }
    }
    for stage in stages {
      metrics.summary(
        "cpwx_stage_duration_seconds", "Time that stages took, where they succeeded.", sum: stage.seconds,
        count: stage.count, labels: [("stage", stage.name)])
    }
    for (folder, bytes) in freeBytes.sorted(by: { $0.key < $1.key }) {
      metrics.gauge(
        "cpwx_free_bytes", "Room on the disk of a folder.", Double(bytes), labels: [("folder", folder)])
    }
    return metrics
  }

  private static func complete(_ counts: [String: Int]) -> [(String, Int)] {
    let known = Dictionary(uniqueKeysWithValues: PipelineStatus.allCases.map { ($0.rawValue, 0) })
    return counts.merging(known) { count, _ in count }.sorted { $0.key < $1.key }
  }
}
