internal import GRDB

extension Database {
  static let jobColumns = """
    jobs.key, jobs.folder, jobs.logs, jobs.job_id, jobs.user_id, jobs.title, jobs.year, jobs.status, jobs.stage, \
    jobs.input, jobs.error, jobs.created_at, jobs.completed_at, jobs.total_seconds, jobs.inode, jobs.size_bytes, \
    jobs.modified, jobs.timezone, \
    (SELECT path FROM archives WHERE archives.folder = jobs.folder AND archives.status <> 'redacted')
    """

  /// How many those are.
  static let jobColumnCount = 19

  /// Jobs without their stages and history, in the order of the rows.
  func jobs(_ sql: String, arguments: StatementArguments = []) throws -> [IndexedJob] {
    try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments).map { IndexedJob($0) }
  }
}

extension IndexedJob {
  /// From the columns of ``Database/jobColumns``.
  init(_ row: Row) {
    key = row[0]
    (folder, logs, jobID) = (row[1], row[2], row[3])
    userID = String(user: row[4])
    (title, year, status, stage, input, error) = (row[5], row[6], row[7], row[8], row[9], row[10])
    (createdAt, completedAt, totalSeconds) = (row[11], row[12], row[13])
    stamp = JobStamp(rawInode: row[14], size: row[15], modified: row[16])
    (timezone, archive) = (row[17], row[18])
  }
}

extension IndexedJob {
  /// From the columns of ``Database/jobColumns``, as they lie in SQLite's memory.
  init(_ row: RowStatement) {
    key = row.integer(at: 0)
    (folder, logs, jobID) = (row.string(at: 1) ?? "", row.string(at: 2), row.string(at: 3) ?? "")
    userID = row.string(at: 4) ?? ""
    (title, year, status) = (row.string(at: 5), row.optionalInteger(at: 6).map { Int($0) }, row.string(at: 7) ?? "")
    (stage, input, error) = (row.string(at: 8), row.string(at: 9), row.string(at: 10))
    (createdAt, completedAt) = (row.string(at: 11), row.string(at: 12))
    totalSeconds = row.optionalReal(at: 13)
    stamp = JobStamp(rawInode: row.integer(at: 14), size: row.integer(at: 15), modified: row.integer(at: 16))
    (timezone, archive) = (row.string(at: 17), row.string(at: 18))
  }
}

extension String {
  /// A user as a table has him: a number or a name.
  init(user: DatabaseValue) {
    self = String.fromDatabaseValue(user) ?? Int64.fromDatabaseValue(user).map { String($0) } ?? ""
  }
}
