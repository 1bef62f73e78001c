internal import GRDB
internal import Jobs

/// What jobs came to, together.
public struct JobStatistics: Sendable, Equatable {
  /// How long a stage takes where it succeeds.
  public struct Stage: Sendable, Equatable {
    public var name: String
    public var succeeded: Int
    public var failed: Int
    /// Seconds.
    public var median: Double?
    public var percentile95: Double?
    public var longest: Double?
    /// The job of the longest.
    public var longestJob: String?
  }

  /// Failures that were told of in the same words, numbers and paths apart.
  public struct Cause: Sendable, Equatable {
    public var stage: String?
    public var text: String
    public var jobs: Int
    /// The newest of them.
    public var latestJob: String
  }

  public var jobs = 0
  public var byStatus: [(status: String, jobs: Int)] = []
  /// From the beginning of jobs to their ends, all together.
  public var hours = 0.0
  /// Of the jobs that came to an end, the part that completed; `nil` when none ended.
  public var successRate: Double?
  public var stages: [Stage] = []
  public var slowest: [IndexedJob] = []
  public var causes: [Cause] = []

  public static func == (left: JobStatistics, right: JobStatistics) -> Bool {
    left.jobs == right.jobs && left.byStatus.map(\.status) == right.byStatus.map(\.status)
      && left.byStatus.map(\.jobs) == right.byStatus.map(\.jobs) && left.hours == right.hours
      && left.stages == right.stages && left.slowest == right.slowest && left.causes == right.causes
  }
}

extension JobIndex {
  /// Reckons over the jobs that fit all filters.
  ///
  /// - Parameter most: how many of the slowest jobs and most frequent causes are named.
  public func statistics(_ filters: [JobFilter], most: Int = 5) throws -> JobStatistics {
    try Drift(self).heal()
    var query = JobQuery()
    (query.filters, query.order, query.limit) = (filters, .duration, most)
    let slowest = try page(query)
    return try read { db in
      let (condition, arguments) = filters.condition
      var result = JobStatistics()
      result.slowest = slowest.filter { $0.totalSeconds != nil }
      let sums =
        filters.isEmpty
        ? "SELECT status, sum(jobs), NULL FROM counts GROUP BY status ORDER BY status"
        : "SELECT status, count(*), NULL FROM jobs\(condition) GROUP BY status ORDER BY status"
      for row in try Row.fetchAll(db, sql: sums, arguments: arguments) {
        result.byStatus.append((row[0], row[1]))
      }
      result.jobs = result.byStatus.reduce(0) { $0 + $1.jobs }
      let seconds = try Double.fetchOne(
        db, sql: "SELECT total(total_seconds) FROM jobs\(condition)", arguments: arguments)
      result.hours = (seconds ?? 0) / 3600
      func count(_ status: PipelineStatus) -> Int {
        result.byStatus.first { $0.status == status.rawValue }?.jobs ?? 0
      }
      let ended = count(.completed) + count(.failed)
      result.successRate = ended == 0 ? nil : Double(count(.completed)) / Double(ended)
      result.stages = try db.stageStatistics(condition, arguments)
      result.causes = try db.causes(condition, arguments, most: most)
      return result
    }
  }
}

extension [JobFilter] {
  /// As a WHERE clause over `jobs`; empty when there are none.
  var condition: (String, StatementArguments) {
    var arguments: StatementArguments = []
    let parts = map { filter in
      arguments += filter.sql.1
      return filter.sql.0
    }
    return (parts.isEmpty ? "" : " WHERE " + parts.joined(separator: " AND "), arguments)
  }
}

extension Database {
  fileprivate func stageStatistics(
    _ condition: String, _ arguments: StatementArguments
  ) throws -> [JobStatistics.Stage] {
    struct Gathered {
      var number: Int
      var failed = 0
      var longestJob: Int64?
      var longest = -1.0
      var seconds: [Double] = []
    }
    var gathered: [String: Gathered] = [:]
    let rows = try Row.fetchCursor(
      self,
      sql: """
        SELECT stage_name, status, duration_seconds, stage_number, job FROM stages
        \(condition.isEmpty ? "" : "WHERE job IN (SELECT key FROM jobs\(condition))")
        """, arguments: arguments)
    while let row = try rows.next() {
      let name = StageName(row[0]).description
      var stage = gathered[name] ?? Gathered(number: row[3] ?? .max)
      let status: String? = row[1]
      if status == StageStatus.failed.rawValue { stage.failed += 1 }
      if status == StageStatus.success.rawValue, let seconds: Double = row[2] {
        stage.seconds.append(seconds)
        if seconds > stage.longest { (stage.longest, stage.longestJob) = (seconds, row[4]) }
      }
      gathered[name] = stage
    }
    return try gathered.sorted { ($0.value.number, $0.key) < ($1.value.number, $1.key) }.map { name, stage in
      let sorted = stage.seconds.sorted()
      let job = try stage.longestJob.flatMap {
        try String.fetchOne(self, sql: "SELECT job_id FROM jobs WHERE key = ?", arguments: [$0])
      }
      return JobStatistics.Stage(
        name: name, succeeded: sorted.count, failed: stage.failed, median: sorted.percentile(50),
        percentile95: sorted.percentile(95), longest: sorted.last, longestJob: job)
    }
  }

  fileprivate func causes(
    _ condition: String, _ arguments: StatementArguments, most: Int
  ) throws -> [JobStatistics.Cause] {
    struct Key: Hashable {
      var stage: String?
      var text: String
    }
    var causes: [Key: JobStatistics.Cause] = [:]
    let rows = try Row.fetchCursor(
      self,
      sql: """
        SELECT stage, error, job_id FROM jobs\(condition.isEmpty ? " WHERE" : condition + " AND") status = 'failed'
        ORDER BY key DESC
        """, arguments: arguments)
    while let row = try rows.next() {
      let stage: String? = row[0]
      let text = cause(of: row[1] ?? "no reason was recorded")
      causes[Key(stage: stage, text: text), default: .init(stage: stage, text: text, jobs: 0, latestJob: row[2])]
        .jobs += 1
    }
    return Array(causes.values.sorted { ($1.jobs, $1.latestJob) < ($0.jobs, $0.latestJob) }.prefix(most))
  }
}

extension [Double] {
  /// The value that so many of a hundred do not exceed, of values in order: the nearest rank.
  func percentile(_ percent: Int) -> Double? {
    isEmpty ? nil : self[Swift.max(0, (count * percent + 99) / 100 - 1)]
  }
}
