internal import GRDB
internal import Jobs

/// Writes jobs into the tables. Its statements are prepared once for all of them.
struct JobWriter {
  private let db: Database
  private let addJob, addWords, addInput, addStage, addHistory: RowStatement
  private let standingJob, standingInput, standingStages, standingHistory: RowStatement

  init(_ db: Database) throws {
    func statement(_ sql: String) throws -> RowStatement { try RowStatement(db, sql) }
    self.db = db
    addJob = try statement("INSERT INTO jobs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
    addWords = try statement("INSERT INTO words (rowid, title, file) VALUES (?,?,?)")
    addInput = try statement("INSERT OR REPLACE INTO inputs VALUES (?,?,?,?,?,?,?)")
    addStage = try statement("INSERT OR REPLACE INTO stages VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
    addHistory = try statement("INSERT INTO history VALUES (?,?,?,?,?,?,?,?)")
    standingJob = try statement("SELECT \(Self.columns.joined(separator: ", ")) FROM jobs WHERE folder = ?")
    standingInput = try statement("SELECT * FROM inputs WHERE job = ?")
    standingStages = try statement("SELECT * FROM stages WHERE job = ? ORDER BY position")
    standingHistory = try statement("SELECT * FROM history WHERE job = ? ORDER BY position")
  }

  /// Adds a job that the tables do not hold, under its key.
  func add(_ rows: JobRows) throws {
    try addJob.run(rows.job)
    try addWords.run(rows.words)
    try addInput.run(rows.input)
    for stage in rows.stages { try addStage.run(stage) }
    for event in rows.history { try addHistory.run(event) }
  }

  /// Brings what the tables say of a job to what its files say. What is the same already is not written again.
  func store(_ job: IndexedJob) throws {
    var rows = JobRows(job)
    var isThere = false
    var changed: [Int] = []
    var key = job.key
    try standingJob.rows([.text(job.folder)]) { standing in
      isThere = true
      key = standing.integer(at: 0)
      changed = rows.job.indices.filter { $0 > 0 && !standing.holds(rows.job[$0], at: $0) }
    }
    guard isThere else {
      rows.key = try db.freeKey(from: key)
      return try add(rows)
    }
    rows.key = key
    if !changed.isEmpty {
      // Only what has changed, so that only its indexes are written.
      let assignments = changed.map { "\(Self.columns[$0]) = ?" }.joined(separator: ", ")
      try RowStatement(db, "UPDATE jobs SET \(assignments) WHERE key = ?")
        .run(changed.map { rows.job[$0] } + [rows.job[0]])
    }
    if changed.contains(where: { Self.columns[$0] == "title" || Self.columns[$0] == "input" }) {
      try RowStatement(db, "DELETE FROM words WHERE rowid = ?").run([rows.job[0]])
      try addWords.run(rows.words)
    }
    var isSameInput = false
    try standingInput.rows([rows.job[0]]) { isSameInput = $0.holds(rows.input) }
    if !isSameInput { try addInput.run(rows.input) }
    try store(stages: rows.stages, of: key)
    try store(history: rows.history, of: key)
  }

  private func store(stages rows: [[RowValue]], of key: Int64) throws {
    var same = Set<Int>()
    var count = 0
    try standingStages.rows([.integer(key)]) { standing in
      if count < rows.count, standing.holds(rows[count]) { same.insert(count) }
      count += 1
    }
    for position in rows.indices where !same.contains(position) { try addStage.run(rows[position]) }
    if count > rows.count {
      try RowStatement(db, "DELETE FROM stages WHERE job = ? AND position >= ?").run([
        .integer(key), .integer(Int64(rows.count)),
      ])
    }
  }

  /// Appends; only where the files tell another story from the beginning is it told anew.
  private func store(history rows: [[RowValue]], of key: Int64) throws {
    var isBeginning = true
    var count = 0
    try standingHistory.rows([.integer(key)]) { standing in
      isBeginning = isBeginning && count < rows.count && standing.holds(rows[count])
      count += 1
    }
    if !isBeginning { try RowStatement(db, "DELETE FROM history WHERE job = ?").run([.integer(key)]) }
    for row in rows[(isBeginning ? count : 0)...] { try addHistory.run(row) }
  }

  /// The columns of `jobs`, in the order of ``JobRows/job``.
  private static let columns = [
    "key", "folder", "logs", "job_id", "user_id", "title", "year", "status", "stage", "input", "error", "created_at",
    "completed_at", "total_seconds", "inode", "size_bytes", "modified",
  ]
}

extension Database {
  /// Forgets a job.
  func removeJob(_ key: Int64) throws {
    for sql in [
      "DELETE FROM jobs WHERE key = ?", "DELETE FROM stages WHERE job = ?", "DELETE FROM history WHERE job = ?",
      "DELETE FROM inputs WHERE job = ?", "DELETE FROM words WHERE rowid = ?",
    ] {
      try cachedStatement(sql: sql).execute(arguments: [key])
    }
  }

  /// The first key from `first` on that no job has.
  func freeKey(from first: Int64) throws -> Int64 {
    let taken = try Int64.fetchSet(
      cachedStatement(sql: "SELECT key FROM jobs WHERE key >= ? AND key < ?"),
      arguments: [first, first + JobKey.places])
    return (first..<first + JobKey.places).first { !taken.contains($0) } ?? first
  }
}

extension String {
  /// A user's number as a number, so that users sort and compare as such.
  var asNumberOrName: any DatabaseValueConvertible { Int(self).flatMap { String($0) == self ? $0 : nil } ?? self }
}
