internal import GRDB
public import Jobs

/// A job of a film, with what decides about the film.
public struct KnownFilm: Sendable {
  public var job: IndexedJob
  /// As the job records it.
  public var file: String?
  public var sha256: String?
  public var bytes: Int?
  /// Nanoseconds since 1970.
  public var modified: Int64?
  public var inode: Int64?
  /// How long the film plays.
  public var seconds: Double?
  /// The job's stages in their order, with their statuses.
  public var stages: [(name: String, status: StageStatus?)]
  /// How often a run of the job ended in failure.
  public var failures: Int
}

extension JobIndex {
  /// Brings the index up to what the folders of jobs say now, after whoever writes.
  public func refresh() throws { try Drift(self).heal(waits: true) }

  /// The jobs of any of these input files, as documents write them, and of a content; oldest first.
  public func films(ofInputs files: [String], content sha256: String?) throws -> [KnownFilm] {
    let marks = files.map { _ in "?" }.joined(separator: ",")
    let jobs = try current { db in
      let sql = """
        SELECT \(Database.jobColumns) FROM jobs WHERE key IN (
          SELECT job FROM inputs WHERE file IN (\(marks)) UNION SELECT job FROM inputs WHERE sha256 = ?)
        ORDER BY key
        """
      return try db.jobs(sql, arguments: StatementArguments(files) + [sha256])
    }
    return jobs.isEmpty ? [] : try read { db in try jobs.map { try db.film(of: $0) } }
  }

  /// The job's film, as its files say now.
  public func film(of job: IndexedJob) throws -> KnownFilm {
    let now = try current {
      try $0.jobs("SELECT \(Database.jobColumns) FROM jobs WHERE folder = ?", arguments: [job.folder])
    }
    return try read { try $0.film(of: now.first ?? job) }
  }

  /// Whether a job's film has just this size: what has another was never done.
  public func hasInput(ofSize bytes: Int) throws -> Bool {
    try read {
      try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM inputs WHERE size_bytes = ?)", arguments: [bytes])
    } ?? true
  }
}

extension Database {
  fileprivate func film(of job: IndexedJob) throws -> KnownFilm {
    var film = KnownFilm(job: job, stages: [], failures: 0)
    let inputs = try cachedStatement(
      sql: "SELECT file, sha256, size_bytes, modified, inode, duration_seconds FROM inputs WHERE job = ?")
    if let row = try Row.fetchOne(inputs, arguments: [job.key]) {
      (film.file, film.sha256, film.bytes) = (row[0], row[1], row[2])
      (film.modified, film.inode, film.seconds) = (row[3], row[4], row[5])
    }
    let stages = try cachedStatement(sql: "SELECT stage_name, status FROM stages WHERE job = ? ORDER BY position")
    film.stages = try Row.fetchAll(stages, arguments: [job.key]).map { row in
      let status: String? = row[1]
      return (row[0], status.flatMap { StageStatus(rawValue: $0) })
    }
    let failures = try cachedStatement(sql: "SELECT count(*) FROM history WHERE job = ? AND event = 'failed'")
    film.failures = try Int.fetchOne(failures, arguments: [job.key]) ?? 0
    return film
  }
}
