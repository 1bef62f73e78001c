internal import GRDB
internal import Jobs

/// Looks up the jobs of one film after another, with statements that are prepared once for all.
struct FilmLookup {
  private let jobs, stages, failures: RowStatement

  init(_ db: Database) throws {
    jobs = try RowStatement(
      db,
      """
      SELECT \(Database.jobColumns),
        inputs.file, inputs.sha256, inputs.size_bytes, inputs.modified, inputs.inode, inputs.duration_seconds
      FROM inputs CROSS JOIN jobs ON jobs.key = inputs.job WHERE inputs.file = ? ORDER BY inputs.job
      """)
    stages = try RowStatement(db, "SELECT stage_name, status FROM stages WHERE job = ? ORDER BY position")
    failures = try RowStatement(db, "SELECT count(*) FROM history WHERE job = ? AND event = 'failed'")
  }

  /// The jobs of a file, oldest first.
  ///
  /// - Parameters:
  ///   - spellings: how documents may write the file.
  ///   - look: told of each job, and of its folder's name as long as that lies in SQLite's memory.
  func films(
    ofFile spellings: [String], _ look: (UnsafeBufferPointer<UInt8>, IndexedJob) -> Void
  ) throws -> [KnownFilm] {
    var found: [KnownFilm] = []
    let next = Database.jobColumnCount
    for file in spellings {
      try jobs.rows([.text(file)]) { row in
        let job = IndexedJob(row)
        unsafe look(row.text(at: 1), job)
        found.append(
          KnownFilm(
            job: job, file: row.string(at: next), sha256: row.string(at: next + 1),
            bytes: row.optionalInteger(at: next + 2).map { Int($0) }, modified: row.optionalInteger(at: next + 3),
            inode: row.optionalInteger(at: next + 4), seconds: row.optionalReal(at: next + 5), stages: [], failures: 0))
      }
    }
    if spellings.count > 1, found.count > 1 { found.sort { $0.job.key < $1.job.key } }
    for index in found.indices { try complete(&found[index]) }
    return found
  }

  private func complete(_ film: inout KnownFilm) throws {
    let key = RowValue.integer(film.job.key)
    try stages.rows([key]) { row in
      film.stages.append((row.string(at: 0) ?? "", row.string(at: 1).flatMap { StageStatus(rawValue: $0) }))
    }
    try failures.rows([key]) { film.failures = Int($0.integer(at: 0)) }
  }
}
