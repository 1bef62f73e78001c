internal import GRDB
internal import Jobs

extension Database {
  static let jobColumns = """
    jobs.key, jobs.folder, jobs.logs, jobs.job_id, jobs.user_id, jobs.title, jobs.year, jobs.status, jobs.stage, \
    jobs.input, jobs.error, jobs.created_at, jobs.completed_at, jobs.total_seconds, jobs.inode, jobs.size_bytes, \
    jobs.modified
    """

  /// Jobs without their stages and events, in the order of the rows.
  func jobs(_ sql: String, arguments: StatementArguments = []) throws -> [IndexedJob] {
    try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments).map { IndexedJob($0) }
  }

  func stages(of key: Int64) throws -> [IndexedStage] {
    let sql = """
      SELECT stage_name, stage_number, status, attempt, started_at, completed_at, duration_seconds, exit_code, error,
        peak_memory_bytes, cpu_seconds FROM stages WHERE job = ? ORDER BY position
      """
    return try Row.fetchAll(cachedStatement(sql: sql), arguments: [key]).map { row in
      IndexedStage(
        name: row[0], number: row[1], status: row[2], attempt: row[3], startedAt: row[4], completedAt: row[5],
        seconds: row[6], exitCode: row[7], error: row[8], peakMemory: row[9], cpuSeconds: row[10])
    }
  }

  func events(of key: Int64) throws -> [JobEvent] {
    let sql = "SELECT at, who, event, stage, attempt, reason FROM events WHERE job = ? ORDER BY position"
    return try Row.fetchAll(cachedStatement(sql: sql), arguments: [key]).compactMap { row in
      guard let what = JobEvent.What(rawValue: row[2]) else { return nil }
      return JobEvent(at: row[0], who: row[1], what, stage: row[3], attempt: row[4], reason: row[5])
    }
  }
}

extension IndexedJob {
  /// From the columns of ``Database/jobColumns``.
  init(_ row: Row) {
    key = row[0]
    (folder, logs, jobID) = (row[1], row[2], row[3])
    let user: DatabaseValue = row[4]
    userID = String.fromDatabaseValue(user) ?? Int64.fromDatabaseValue(user).map { String($0) } ?? ""
    (title, year, status, stage, input, error) = (row[5], row[6], row[7], row[8], row[9], row[10])
    (createdAt, completedAt, totalSeconds) = (row[11], row[12], row[13])
    stamp = JobStamp(inode: row[14], size: row[15], modified: row[16])
    sha256 = nil
    (stages, events) = ([], [])
  }
}
