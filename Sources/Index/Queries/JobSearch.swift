internal import GRDB
internal import Jobs

extension JobIndex {
  /// A page of jobs, each as its files say now.
  public func page(_ query: JobQuery) throws -> [IndexedJob] { try pageOfRows(query).jobs }

  /// A page, and beside it the rows that it was made of.
  func pageOfRows(_ query: JobQuery) throws -> (jobs: [IndexedJob], rows: [IndexedJob]) {
    try Drift(self).heal()
    return try current { try $0.page(query) }
  }

  /// Jobs by words of their title or input's name, in any order and script, or by the beginning of a content hash;
  /// newest first.
  public func find(_ text: String, limit: Int?) throws -> [IndexedJob] {
    try Drift(self).heal()
    return try current { try $0.matches(text, limit: limit) }.jobs
  }

  /// The rows of a query, looked up again until they are as their files say.
  ///
  /// A reader never waits for writers: while others write, what has changed is told as the files have it.
  /// - Returns: the jobs, and the rows as the index has them.
  func current(
    _ query: (Database) throws -> [IndexedJob]
  ) throws -> (jobs: [IndexedJob], rows: [IndexedJob]) {
    for _ in 0..<4 {
      let found = try read(query)
      switch try Drift(self).heal(found) {
      case .unchanged: return (found, found)
      case .stored: continue
      case .told(let changed, let gone):
        let anew = Dictionary(changed.map { ($0.folder, $0) }, uniquingKeysWith: { $1 })
        return (found.filter { !gone.contains($0.key) }.map { anew[$0.folder] ?? $0 }, found)
      }
    }
    let found = try read(query)
    return (found, found)
  }

  /// How many jobs there are, by user and status.
  public func counts() throws -> [(userID: String, status: String, jobs: Int)] {
    try Drift(self).heal()
    return try read { try $0.jobCounts() }
  }
}

extension Database {
  func matches(_ text: String, limit: Int?) throws -> [IndexedJob] {
    var found: [IndexedJob] = []
    let most = limit.map { " LIMIT \($0)" } ?? ""
    if text.utf8.count >= 6, text.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
      let sql = """
        SELECT \(Database.jobColumns) FROM inputs JOIN jobs ON jobs.key = inputs.job
        WHERE sha256 >= ? AND sha256 < ? ORDER BY jobs.key DESC\(most)
        """
      found = try jobs(sql, arguments: [text.lowercased(), text.lowercased() + "g"])
    }
    guard found.isEmpty, let query = FoldedWords(text).query else { return found }
    let sql = """
      SELECT \(Database.jobColumns) FROM words JOIN jobs ON jobs.key = words.rowid
      WHERE words MATCH ? ORDER BY words.rowid DESC\(most)
      """
    return try jobs(sql, arguments: [query])
  }

  func jobCounts() throws -> [(userID: String, status: String, jobs: Int)] {
    let sql = "SELECT user_id, status, jobs FROM counts WHERE jobs > 0 ORDER BY user_id, status"
    return try Row.fetchAll(self, sql: sql).map { (String(user: $0[0]), $0[1], $0[2]) }
  }
}
