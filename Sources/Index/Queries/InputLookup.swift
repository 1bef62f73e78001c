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

  /// The jobs of thousands of input files, in the files' order; each file's oldest first.
  ///
  /// - Parameter files: each as documents may write it, in one way or another.
  public func films(ofFiles files: [[String]]) throws -> [[KnownFilm]] {
    let drift = Drift(self)
    for _ in 0..<4 {
      let (found, moved) = try standingFilms(ofFiles: files)
      let news = try drift.news(of: moved)
      if news.isEmpty { return found }
      if try drift.store(news) { continue }
      let gone = Set(news.gone.map(\.key))
      let anew = Dictionary(news.changed.map { ($0.folder, KnownFilm($0)) }, uniquingKeysWith: { $1 })
      return found.map { films in
        films.filter { !gone.contains($0.job.key) }.map { anew[$0.job.folder] ?? $0 }
      }
    }
    return try standingFilms(ofFiles: files).films
  }

  /// - Returns: beside the films the jobs whose files have changed since they were read.
  private func standingFilms(ofFiles files: [[String]]) throws -> (films: [[KnownFilm]], moved: [IndexedJob]) {
    let stamps = StampReader(workspace)
    return try read { db in
      let lookup = try FilmLookup(db)
      var moved: [IndexedJob] = []
      let found = try files.map { spellings in
        try unsafe lookup.films(ofFile: spellings) { folder, job in
          if unsafe job.status == PipelineStatus.running.rawValue || !stamps.isSame(job: folder, job.stamp) {
            moved.append(job)
          }
        }
      }
      return (found, moved)
    }
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
    try read { db in
      let inputs = try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM inputs WHERE size_bytes = ?)")
      return try Bool.fetchOne(inputs, arguments: [bytes])
    } ?? true
  }
}

extension KnownFilm {
  /// From a job as its files say it.
  public init(_ job: IndexedJob) {
    self.init(
      job: job, file: job.input, sha256: job.sha256, bytes: job.inputBytes,
      modified: job.inputModified.map { Int64($0) }, inode: job.inputInode.map { Int64($0) },
      seconds: job.inputSeconds,
      stages: job.stages.map { ($0.name, $0.status.flatMap { StageStatus(rawValue: $0) }) },
      failures: job.history.filter { $0.what == .failed }.count)
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
