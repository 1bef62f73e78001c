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
    let marks = Self.columns.map { _ in "?" }.joined(separator: ",")
    addJob = try statement("INSERT INTO jobs VALUES (\(marks))")
    addWords = try statement("INSERT INTO words (rowid, title, file) VALUES (?,?,?)")
    addInput = try statement("INSERT OR REPLACE INTO inputs VALUES (?,?,?,?,?,?,?)")
    addStage = try statement("INSERT OR REPLACE INTO stages VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
    addHistory = try statement("INSERT INTO history VALUES (?,?,?,?,?,?,?,?)")
    standingJob = try statement("SELECT \(Self.columns.joined(separator: ", ")) FROM jobs WHERE folder = ?")
    standingInput = try statement("SELECT * FROM inputs WHERE job = ?")
    standingStages = try statement("SELECT * FROM stages WHERE job = ? ORDER BY position")
    standingHistory = try statement("SELECT * FROM history WHERE job = ? ORDER BY position")
  }

  /// Adds a job that the tables do not hold, under its key.
  func add(_ rows: JobRows) throws {
    try addJob.run(rows.values, rows.job)
    try addWords.run(rows.values, rows.words)
    try addInput.run(rows.values, rows.input)
    for stage in rows.stages { try addStage.run(rows.values, stage) }
    for event in rows.history { try addHistory.run(rows.values, event) }
  }

  /// Brings what the tables say of a job to what its files say. What is the same already is not written again.
  func store(_ job: IndexedJob) throws {
    var rows = JobRows(job, withWords: false)
    var isThere = false
    var changed: [Int] = []
    var key = job.key
    try standingJob.rows([.text(job.folder)]) { standing in
      isThere = true
      key = standing.integer(at: 0)
      // The words of the title are as the title is.
      let told = rows.job.dropFirst().dropLast()
      changed = told.filter { !standing.holds(rows.values.values[$0], of: rows.values, at: $0) }
    }
    guard isThere else {
      rows.key = try db.freeKey(from: key)
      rows.addWords(of: job)
      return try add(rows)
    }
    // Who may read more has written it.
    if job.stamp == .unread { return }
    rows.key = key
    let hasNewTitle = changed.contains { Self.columns[$0] == "title" }
    let hasNewWords = hasNewTitle || changed.contains { Self.columns[$0] == "input" }
    if hasNewWords { rows.addWords(of: job) }
    if hasNewTitle { changed.append(JobRows.titleWords) }
    if !changed.isEmpty {
      // Only what has changed, so that only its indexes are written.
      let assignments = changed.map { "\(Self.columns[$0]) = ?" }.joined(separator: ", ")
      try RowStatement(db, "UPDATE jobs SET \(assignments) WHERE key = ?")
        .run(changed.map { rows.values[$0] } + [.integer(key)])
    }
    if hasNewWords {
      try RowStatement(db, "DELETE FROM words WHERE rowid = ?").run([.integer(key)])
      try addWords.run(rows.values, rows.words)
    }
    var isSameInput = false
    try standingInput.rows([.integer(key)]) { isSameInput = $0.holds(rows.values, rows.input) }
    if !isSameInput { try addInput.run(rows.values, rows.input) }
    try storeStages(of: rows, key)
    try storeHistory(of: rows, key)
  }

  private func storeStages(of rows: JobRows, _ key: Int64) throws {
    let stages = rows.stages
    var same = Set<Int>()
    var count = 0
    try standingStages.rows([.integer(key)]) { standing in
      if count < stages.count, standing.holds(rows.values, stages[count]) { same.insert(count) }
      count += 1
    }
    for position in stages.indices where !same.contains(position) { try addStage.run(rows.values, stages[position]) }
    if count > stages.count {
      try RowStatement(db, "DELETE FROM stages WHERE job = ? AND position >= ?").run([
        .integer(key), .integer(Int64(stages.count)),
      ])
    }
  }

  /// Appends; only where the files tell another story from the beginning is it told anew.
  private func storeHistory(of rows: JobRows, _ key: Int64) throws {
    let history = rows.history
    var isBeginning = true
    var count = 0
    try standingHistory.rows([.integer(key)]) { standing in
      isBeginning = isBeginning && count < history.count && standing.holds(rows.values, history[count])
      count += 1
    }
    if !isBeginning { try RowStatement(db, "DELETE FROM history WHERE job = ?").run([.integer(key)]) }
    for event in history[(isBeginning ? count : 0)...] { try addHistory.run(rows.values, event) }
  }

  /// The columns of `jobs`, in the order of ``JobRows/job``.
  private static let columns = [
    "key", "folder", "logs", "job_id", "user_id", "title", "year", "status", "stage", "input", "error", "created_at",
    "completed_at", "total_seconds", "inode", "size_bytes", "modified", "timezone", "created",
    "completed", "is_completed", "title_words",
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

  /// The first key of the same day and number, from `first` on and round, that no job has.
  func freeKey(from first: Int64) throws -> Int64 {
    let block = JobKey.block(of: first)
    let taken = try Int64.fetchSet(
      cachedStatement(sql: "SELECT key FROM jobs WHERE key >= ? AND key < ?"),
      arguments: [block.lowerBound, block.upperBound])
    let free = { (key: Int64) in !taken.contains(key) }
    return (first..<block.upperBound).first(where: free) ?? (block.lowerBound..<first).first(where: free) ?? first
  }
}
