internal import GRDB
internal import Jobs

extension JobIndex {
  /// Brings the index up to what the folders of jobs say now, after whoever writes.
  public func refresh() throws { try Drift(self).heal(waits: true) }

  /// The jobs of any of these input files, as documents write them, and of a content; oldest first.
  public func jobs(ofInputs files: [String], content sha256: String?) throws -> [IndexedJob] {
    let marks = files.map { _ in "?" }.joined(separator: ",")
    return try current { db in
      let sql = """
        SELECT \(Database.jobColumns) FROM jobs WHERE key IN (
          SELECT job FROM inputs WHERE file IN (\(marks)) UNION SELECT job FROM inputs WHERE sha256 = ?)
        ORDER BY key
        """
      return try db.jobs(sql, arguments: StatementArguments(files) + [sha256])
    }
  }
}
