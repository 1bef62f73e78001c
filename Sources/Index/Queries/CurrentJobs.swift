internal import GRDB
internal import Jobs

extension JobIndex {
  /// The rows of a query, looked up again until they are as their files say.
  ///
  /// A reader never waits for writers: while others write, what has changed is told as the files have it, if it still fits.
  /// - Parameter fitting: what asks for all jobs that fit the query, wherever its page begins and ends.
  /// - Returns: the jobs, and the rows as the index has them.
  func current(
    _ query: (Database) throws -> [IndexedJob], fitting: (Database) throws -> [IndexedJob]
  ) throws -> (jobs: [IndexedJob], rows: [IndexedJob]) {
    let drift = Drift(self)
    var passes = 0
    while true {
      let found = try read(query)
      let news = try drift.news(of: found)
      if news.isEmpty { return (found, found) }
      passes += 1
      // Jobs that were changed by hand give way to others, page after page, and what is written all the time is not waited for.
      if passes < Self.mostPasses, try drift.store(news) { continue }
      return (try told(found, news, fitting), found)
    }
  }

  /// The same for a query without pages.
  func current(_ query: (Database) throws -> [IndexedJob]) throws -> [IndexedJob] {
    try current(query, fitting: query).jobs
  }

  private static let mostPasses = 200

  /// The jobs of a page as their files have them, without those that the query does not fit any more.
  private func told(
    _ found: [IndexedJob], _ news: Drift.News, _ fitting: (Database) throws -> [IndexedJob]
  ) throws -> [IndexedJob] {
    let left = Set((news.gone + news.changed).map(\.folder))
    let scratch = try DatabaseQueue()
    try Schema.migrator.migrate(scratch)
    let fits = try scratch.write { db in
      let writer = try JobWriter(db)
      for job in news.changed {
        try writer.store(job)
        guard let archive = job.archive else { continue }
        try db.execute(
          sql: "INSERT INTO archives (path, job_id, user_id, status, folder) VALUES (?,?,?,?,?)",
          arguments: [archive, job.jobID, job.userID, IndexedArchive.Status.verified.rawValue, job.folder])
      }
      return try fitting(db)
    }
    let anew = Dictionary(fits.map { ($0.folder, $0) }, uniquingKeysWith: { $1 })
    return found.compactMap { left.contains($0.folder) ? anew[$0.folder] : $0 }
  }
}
