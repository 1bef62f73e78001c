internal import GRDB
internal import Jobs

extension Database {
  /// Brings what the tables say of a job to what its files say. What is the same already is not written again.
  func store(_ job: IndexedJob) throws {
    let standing = try Row.fetchOne(
      cachedStatement(sql: "SELECT key, title, input FROM jobs WHERE folder = ?"), arguments: [job.folder])
    var job = job
    if let standing {
      job.key = standing[0]
    } else {
      job.key = try freeKey(from: job.key)
    }
    guard let standing else { return try add(job) }
    try update(job)
    if standing[1] != job.title || standing[2] != job.input {
      try execute(sql: "DELETE FROM words WHERE rowid = ?", arguments: [job.key])
      try insertWords(of: job)
    }
    try insertInput(of: job, "INSERT OR REPLACE")
    try storeStages(of: job)
    try storeEvents(of: job)
  }

  /// Adds a job that the tables do not hold, under its key.
  func add(_ job: IndexedJob) throws {
    try cachedStatement(sql: "INSERT INTO jobs VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
      .execute(arguments: [
        job.key, job.folder, job.logs, job.jobID, job.userID.asNumberOrName, job.title, job.year, job.status,
        job.stage, job.input, job.error, job.createdAt, job.completedAt, job.totalSeconds, job.stamp.inode,
        job.stamp.size, job.stamp.modified,
      ])
    try insertWords(of: job)
    try insertInput(of: job, "INSERT")
    for (position, stage) in job.stages.enumerated() { try insert(stage, position, of: job, "INSERT") }
    for (position, event) in job.events.enumerated() { try insert(event, position, of: job) }
  }

  /// Forgets a job.
  func removeJob(_ key: Int64) throws {
    for sql in [
      "DELETE FROM jobs WHERE key = ?", "DELETE FROM stages WHERE job = ?", "DELETE FROM events WHERE job = ?",
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

  private func update(_ job: IndexedJob) throws {
    let sql = """
      UPDATE jobs SET logs = ?, job_id = ?, user_id = ?, title = ?, year = ?, status = ?, stage = ?, input = ?,
        error = ?, created_at = ?, completed_at = ?, total_seconds = ?, inode = ?, size_bytes = ?, modified = ?
      WHERE key = ?
      """
    try cachedStatement(sql: sql).execute(arguments: [
      job.logs, job.jobID, job.userID.asNumberOrName, job.title, job.year, job.status, job.stage, job.input, job.error,
      job.createdAt, job.completedAt, job.totalSeconds, job.stamp.inode, job.stamp.size, job.stamp.modified, job.key,
    ])
  }

  private func insertWords(of job: IndexedJob) throws {
    try cachedStatement(sql: "INSERT INTO words (rowid, title, file) VALUES (?,?,?)").execute(arguments: [
      job.key, FoldedWords(job.title ?? "").text, FoldedWords(job.fileName ?? "").text,
    ])
  }

  private func insertInput(of job: IndexedJob, _ verb: String) throws {
    try cachedStatement(sql: "\(verb) INTO inputs VALUES (?,?,?)").execute(arguments: [job.key, job.input, job.sha256])
  }

  private func insert(_ stage: IndexedStage, _ position: Int, of job: IndexedJob, _ verb: String) throws {
    try cachedStatement(sql: "\(verb) INTO stages VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)").execute(arguments: [
      job.key, position, stage.name, stage.number, stage.status, stage.attempt, stage.startedAt, stage.completedAt,
      stage.seconds, stage.exitCode, stage.error, stage.peakMemory, stage.cpuSeconds,
    ])
  }

  private func insert(_ event: JobEvent, _ position: Int, of job: IndexedJob) throws {
    try cachedStatement(sql: "INSERT INTO events VALUES (?,?,?,?,?,?,?,?)").execute(arguments: [
      job.key, position, event.at, event.who, event.what.rawValue, event.stage, event.attempt, event.reason,
    ])
  }

  private func storeStages(of job: IndexedJob) throws {
    let standing = try stages(of: job.key)
    for (position, stage) in job.stages.enumerated() {
      if standing.indices.contains(position), standing[position] == stage { continue }
      try insert(stage, position, of: job, "INSERT OR REPLACE")
    }
    if standing.count > job.stages.count {
      try execute(sql: "DELETE FROM stages WHERE job = ? AND position >= ?", arguments: [job.key, job.stages.count])
    }
  }

  /// Appends; only where the files tell another story from the beginning is it told anew.
  private func storeEvents(of job: IndexedJob) throws {
    let standing = try events(of: job.key)
    if !job.events.starts(with: standing) {
      try execute(sql: "DELETE FROM events WHERE job = ?", arguments: [job.key])
      for (position, event) in job.events.enumerated() { try insert(event, position, of: job) }
    } else {
      for position in standing.count..<job.events.count { try insert(job.events[position], position, of: job) }
    }
  }
}

extension IndexedJob {
  /// The film's file name.
  var fileName: String? { input.map { String($0.split(separator: "/").last ?? "") } }
}

extension String {
  /// A user's number as a number, so that users sort and compare as such.
  var asNumberOrName: any DatabaseValueConvertible { Int(self).flatMap { String($0) == self ? $0 : nil } ?? self }
}
