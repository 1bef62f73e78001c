internal import GRDB
internal import Jobs

/// How long stages took in many jobs. A million jobs have ten million records, each of which is looked at where SQLite
/// has it.
struct StageTimes {
  private struct Stage {
    /// The name as recorded; both spellings of one are brought together in the end.
    var name: [UInt8]
    var number: Int64
    var failed = 0
    var longestJob: Int64 = -1
    var longest = -1.0
    var seconds: [Double] = []
  }

  private var stages: [Stage] = []
  private let jobs: Int
  /// The stage of the record before: jobs have their stages in one order, so the next one comes next.
  private var current = -1

  /// - Parameter jobs: how many there are, about.
  init(_ db: Database, _ condition: Condition, jobs: Int) throws {
    self.jobs = jobs
    let some = condition.isEmpty ? "" : " WHERE job IN (SELECT key FROM jobs\(condition.clause))"
    let statement = try RowStatement(
      db, "SELECT stage_name, status, duration_seconds, stage_number, job, error FROM stages\(some)")
    let success = Array(StageStatus.success.rawValue.utf8)
    let failed = Array(StageStatus.failed.rawValue.utf8)
    let failedAndMay = Array(optionalFailure.utf8)
    let interrupted = [stoppedOnRequest, interruptedAtWork].map { Array($0.utf8) }
    try statement.rows(condition.values) { row in
      unsafe moveTo(row.text(at: 0)) { row.isNull(at: 3) ? .max : row.integer(at: 3) }
      let status = unsafe row.text(at: 1)
      if unsafe status.elementsEqual(success) {
        if row.isNull(at: 2) { return }
        let seconds = row.real(at: 2)
        stages[current].seconds.append(seconds)
        if seconds > stages[current].longest {
          (stages[current].longest, stages[current].longestJob) = (seconds, row.integer(at: 4))
        }
      } else {
        let error = unsafe row.text(at: 5)
        // One that failed only because its run was told to end, or died, has not failed.
        let isFailure = unsafe status.elementsEqual(failed) && !interrupted.contains { unsafe error.elementsEqual($0) }
        if unsafe isFailure || error.starts(with: failedAndMay) { stages[current].failed += 1 }
      }
    }
  }

  private mutating func moveTo(_ name: UnsafeBufferPointer<UInt8>, _ number: () -> Int64) {
    let next = current + 1 < stages.count ? current + 1 : 0
    if next < stages.count, unsafe name.elementsEqual(stages[next].name) {
      current = next
    } else if let known = stages.firstIndex(where: { unsafe name.elementsEqual($0.name) }) {
      current = known
    } else {
      unsafe stages.append(Stage(name: Array(name), number: number()))
      current = stages.count - 1
      // Growing step by step would take the memory twice.
      if current < 16 { stages[current].seconds.reserveCapacity(jobs) }
    }
  }

  func statistics(_ db: Database) throws -> [JobStatistics.Stage] {
    var named: [String: Stage] = [:]
    for stage in stages {
      let name = StageName(String(decoding: stage.name, as: UTF8.self)).description
      guard var both = named[name] else {
        named[name] = stage
        continue
      }
      both.failed += stage.failed
      both.seconds += stage.seconds
      if stage.longest > both.longest { (both.longest, both.longestJob) = (stage.longest, stage.longestJob) }
      named[name] = both
    }
    return try named.sorted { ($0.value.number, $0.key) < ($1.value.number, $1.key) }.map { name, stage in
      let job = try String.fetchOne(db, sql: "SELECT job_id FROM jobs WHERE key = ?", arguments: [stage.longestJob])
      var seconds = stage.seconds
      return JobStatistics.Stage(
        name: name, succeeded: seconds.count, failed: stage.failed, median: seconds.takeMedian(),
        percentile95: seconds.takePercentile(95), longest: seconds.isEmpty ? nil : stage.longest, longestJob: job)
    }
  }
}
