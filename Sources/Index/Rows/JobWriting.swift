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
    addInput = try statement("INSERT OR REPLACE INTO inputs VALUES (?,?,?)")
    addStage = try statement("INSERT OR REPLACE INTO stages VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
    addHistory = try statement("INSERT INTO history VALUES (?,?,?,?,?,?,?,?)")
    standingJob = try statement("SELECT \(Self.columns.joined(separator: ", ")) FROM jobs WHERE folder = ?")
    standingInput = try statement("SELECT * FROM inputs WHERE job = ?")
    standingStages = try statement("SELECT * FROM stages WHERE job = ? ORDER BY position")
    standingHistory = try statement("SELECT * FROM history WHERE job = ? ORDER BY position")
  }

  /// Adds a job that the tables do not hold, under its key.
  func add(_ job: IndexedJob) throws {
    try addJob.run(job.row)
    try write(wordsOf: job)
    try addInput.run(job.inputRow)
    for (position, stage) in job.stages.enumerated() { try addStage.run(stage.row(position, of: job.key)) }
    for (position, event) in job.history.enumerated() { try addHistory.run(event.row(position, of: job.key)) }
  }

  /// Brings what the tables say of a job to what its files say. What is the same already is not written again.
  func store(_ job: IndexedJob) throws {
    var job = job
    var row = job.row
    var isThere = false
    var changed: [Int] = []
    try standingJob.rows([.text(job.folder)]) { standing in
      isThere = true
      job.key = standing.integer(at: 0)
      changed = row.indices.filter { $0 > 0 && !standing.holds(row[$0], at: $0) }
    }
    guard isThere else {
      job.key = try db.freeKey(from: job.key)
      return try add(job)
    }
    row[0] = .integer(job.key)
    if !changed.isEmpty {
      // Only what has changed, so that only its indexes are written.
      let assignments = changed.map { "\(Self.columns[$0]) = ?" }.joined(separator: ", ")
      try RowStatement(db, "UPDATE jobs SET \(assignments) WHERE key = ?").run(changed.map { row[$0] } + [row[0]])
    }
    if changed.contains(where: { Self.columns[$0] == "title" || Self.columns[$0] == "input" }) {
      try RowStatement(db, "DELETE FROM words WHERE rowid = ?").run([row[0]])
      try write(wordsOf: job)
    }
    var isSameInput = false
    let input = job.inputRow
    try standingInput.rows([row[0]]) { isSameInput = $0.holds(input) }
    if !isSameInput { try addInput.run(input) }
    try store(stagesOf: job)
    try store(historyOf: job)
  }

  private func write(wordsOf job: IndexedJob) throws {
    try addWords.run([
      .integer(job.key), .text(FoldedWords(job.title ?? "").text), .text(FoldedWords(job.fileName ?? "").text),
    ])
  }

  private func store(stagesOf job: IndexedJob) throws {
    let rows = job.stages.enumerated().map { $1.row($0, of: job.key) }
    var same = Set<Int>()
    var count = 0
    try standingStages.rows([.integer(job.key)]) { standing in
      if count < rows.count, standing.holds(rows[count]) { same.insert(count) }
      count += 1
    }
    for position in rows.indices where !same.contains(position) { try addStage.run(rows[position]) }
    if count > rows.count {
      try RowStatement(db, "DELETE FROM stages WHERE job = ? AND position >= ?").run([
        .integer(job.key), .integer(Int64(rows.count)),
      ])
    }
  }

  /// Appends; only where the files tell another story from the beginning is it told anew.
  private func store(historyOf job: IndexedJob) throws {
    let rows = job.history.enumerated().map { $1.row($0, of: job.key) }
    var isBeginning = true
    var count = 0
    try standingHistory.rows([.integer(job.key)]) { standing in
      isBeginning = isBeginning && count < rows.count && standing.holds(rows[count])
      count += 1
    }
    if !isBeginning { try RowStatement(db, "DELETE FROM history WHERE job = ?").run([.integer(job.key)]) }
    for row in rows[(isBeginning ? count : 0)...] { try addHistory.run(row) }
  }

  /// The columns of `jobs`, in the order of ``IndexedJob/row``.
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

extension IndexedJob {
  /// The film's file name.
  var fileName: String? { input.map { String($0.split(separator: "/").last ?? "") } }

  /// As a row of `jobs`.
  fileprivate var row: [RowValue] {
    [
      .integer(key), .text(folder), RowValue(logs), .text(jobID), .user(userID), RowValue(title), RowValue(year),
      .text(status), RowValue(stage), RowValue(input), RowValue(error), RowValue(createdAt), RowValue(completedAt),
      RowValue(totalSeconds), .integer(stamp.inode), .integer(stamp.size), .integer(stamp.modified),
    ]
  }

  /// As a row of `inputs`.
  fileprivate var inputRow: [RowValue] { [.integer(key), RowValue(input), RowValue(sha256)] }
}

extension IndexedStage {
  /// As a row of `stages`.
  fileprivate func row(_ position: Int, of key: Int64) -> [RowValue] {
    [
      .integer(key), RowValue(position), .text(name), RowValue(number), RowValue(status), RowValue(attempt),
      RowValue(startedAt), RowValue(completedAt), RowValue(seconds), RowValue(exitCode), RowValue(error),
      RowValue(peakMemory), RowValue(cpuSeconds), RowValue(because),
    ]
  }
}

extension JobEvent {
  /// As a row of `history`.
  fileprivate func row(_ position: Int, of key: Int64) -> [RowValue] {
    [
      .integer(key), RowValue(position), .text(at), RowValue(who), .text(what.rawValue), RowValue(stage),
      RowValue(attempt), RowValue(reason),
    ]
  }
}

extension String {
  /// A user's number as a number, so that users sort and compare as such.
  var asNumberOrName: any DatabaseValueConvertible { Int(self).flatMap { String($0) == self ? $0 : nil } ?? self }
}
