internal import Jobs

/// What one stage came to over all jobs of a batch.
public struct StageTotal: Sendable, Equatable {
  public var name: String
  public var number: Int?
  /// Attempts that succeeded.
  public var succeeded = 0
  /// Attempts that failed, those of optional stages included.
  public var failed = 0
  /// All attempts together.
  public var totalSeconds = 0.0
  /// Of those that succeeded.
  public var medianSeconds: Double?
  /// What 95 of a hundred that succeeded did not exceed: the nearest rank.
  public var p95Seconds: Double?
  public var longestSeconds: Double?
  /// The job of the longest.
  public var longestJob: String?
  public var waitedSeconds = 0.0
  public var outputBytes = 0

  /// Reckons over the jobs, in the order of the pipeline.
  static func all(of jobs: [ReportedJob]) -> [StageTotal] {
    var totals: [String: (total: StageTotal, seconds: [Double])] = [:]
    for job in jobs {
      for span in job.stages {
        let name = StageName(span.name).description
        var (total, seconds) = totals[name] ?? (StageTotal(name: name, number: span.number), [])
        total.number = total.number ?? span.number
        total.totalSeconds += span.durationSeconds
        total.waitedSeconds += span.waitedSeconds
        total.outputBytes += span.outputBytes
        switch span.status {
        case .success:
          total.succeeded += 1
          seconds.append(span.durationSeconds)
          if total.longestSeconds.map({ span.durationSeconds > $0 }) ?? true {
            (total.longestSeconds, total.longestJob) = (span.durationSeconds, job.jobID)
          }
        case .failed: total.failed += 1
        case .skipped where span.error != nil: total.failed += 1
        case .skipped, .running, .interrupted: break
        }
        totals[name] = (total, seconds)
      }
    }
    return totals.values.map { total, seconds in
      var total = total
      let sorted = seconds.sorted()
      (total.medianSeconds, total.p95Seconds) = (sorted.median, sorted.percentile(95))
      return total
    }.sorted { ($0.number ?? .max, $0.name) < ($1.number ?? .max, $1.name) }
  }
}

extension [Double] {
  /// Of values in order the one in the middle; of an even number the mean of both.
  fileprivate var median: Double? { isEmpty ? nil : (self[(count - 1) / 2] + self[count / 2]) / 2 }

  /// The value that so many of a hundred do not exceed, of values in order: the nearest rank.
  fileprivate func percentile(_ percent: Int) -> Double? {
    isEmpty ? nil : self[Swift.max(0, (count * percent + 99) / 100 - 1)]
  }
}
