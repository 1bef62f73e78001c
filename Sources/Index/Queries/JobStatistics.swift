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

  /// Failures that were told of in the same words, apart from names, numbers and paths.
  public struct Cause: Sendable, Equatable {
    public var stage: String?
    /// What they have in common.
    public var text: String
    /// How the newest of them was told of.
    public var example: String
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
    let condition = Condition(filters.map(\.condition))
    return try read { db in
      var result = JobStatistics()
      result.slowest = slowest.filter { $0.totalSeconds != nil }
      let sums =
        filters.isEmpty
        ? "SELECT status, sum(jobs) FROM counts GROUP BY status ORDER BY status"
        : "SELECT status, count(*) FROM jobs\(condition.clause) GROUP BY status ORDER BY status"
      for row in try Row.fetchAll(db, sql: sums, arguments: StatementArguments(condition.values)) {
        result.byStatus.append((row[0], row[1]))
      }
      result.jobs = result.byStatus.reduce(0) { $0 + $1.jobs }
      let seconds = try Double.fetchOne(
        db, sql: "SELECT total(total_seconds) FROM jobs\(condition.clause)",
        arguments: StatementArguments(condition.values))
      result.hours = (seconds ?? 0) / 3600
      func count(_ status: PipelineStatus) -> Int {
        result.byStatus.first { $0.status == status.rawValue }?.jobs ?? 0
      }
      let ended = count(.completed) + count(.failed)
      result.successRate = ended == 0 ? nil : Double(count(.completed)) / Double(ended)
      result.stages = try StageTimes(db, condition, jobs: result.jobs).statistics(db)
      result.causes = try db.causes(condition, most: most)
      return result
    }
  }
}

extension Database {
  fileprivate func causes(_ condition: Condition, most: Int) throws -> [JobStatistics.Cause] {
    struct Key: Hashable {
      var stage: String?
      var text: String
    }
    var causes: [Key: (cause: JobStatistics.Cause, key: Int64)] = [:]
    let failed = condition.and("jobs.status = ?", [.text(PipelineStatus.failed.rawValue)])
    // Errors in the same words are counted where they lie; of each group the row is that of the newest job.
    let rows = try Row.fetchCursor(
      self,
      sql: """
        SELECT stage, error, count(*), max(key), job_id, title, input, folder FROM jobs\(failed.clause)
        GROUP BY stage, error
        """,
      arguments: StatementArguments(failed.values))
    while let row = try rows.next() {
      let stage = (row[0] as String?).map { StageName($0).description }
      let said: String = row[1] ?? "no reason was recorded"
      let folder: String = row[7]
      let text = CauseText(jobID: row[4], title: row[5], input: row[6], folders: [folder]).normalised(said)
      let newest: Int64 = row[3]
      var (cause, key) =
        causes[Key(stage: stage, text: text)]
        ?? (.init(stage: stage, text: text, example: said, jobs: 0, latestJob: ""), -1)
      cause.jobs += row[2]
      if newest > key { (cause.latestJob, cause.example, key) = (row[4], said, newest) }
      causes[Key(stage: stage, text: text)] = (cause, key)
    }
    let sorted = causes.values.sorted { ($1.cause.jobs, $1.key) < ($0.cause.jobs, $0.key) }
    return sorted.prefix(most).map(\.cause)
  }
}

extension [Double] {
  /// The value that so many of a hundred do not exceed, of values in order: the nearest rank.
  func percentile(_ percent: Int) -> Double? { isEmpty ? nil : self[rank(of: percent)] }

  /// The same of values in any order, which it brings nearer to being in order: a million need not be sorted for it.
  mutating func takePercentile(_ percent: Int) -> Double? {
    if isEmpty { return nil }
    let wanted = rank(of: percent)
    var (first, last) = (0, count - 1)
    // Hoare's selection: what is smaller goes to the left of what is not, until the wanted place is decided.
    while first < last {
      let pivot = self[first + (last - first) / 2]
      var (left, right) = (first, last)
      while left <= right {
        while self[left] < pivot { left += 1 }
        while self[right] > pivot { right -= 1 }
        if left <= right {
          swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      if wanted <= right { last = right } else if wanted >= left { first = left } else { break }
    }
    return self[wanted]
  }

  /// The value in the middle, of an even number the mean of both; as ``takePercentile(_:)`` it changes the order.
  mutating func takeMedian() -> Double? {
    guard let middle = takePercentile(50) else { return nil }
    // What comes after that place is no smaller by now.
    guard count.isMultiple(of: 2), let next = self[(count / 2)...].min() else { return middle }
    return (middle + next) / 2
  }

  private func rank(of percent: Int) -> Int { Swift.max(0, (count * percent + 99) / 100 - 1) }
}
