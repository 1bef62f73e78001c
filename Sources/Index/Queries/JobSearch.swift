internal import GRDB
internal import Jobs
internal import SystemPackage

extension JobIndex {
  /// A page of jobs, each as its files say now.
  public func page(_ query: JobQuery) throws -> [IndexedJob] { try pageOfRows(query).jobs }

  /// A page, and beside it the rows that it was made of.
  func pageOfRows(_ query: JobQuery) throws -> (jobs: [IndexedJob], rows: [IndexedJob]) {
    try Drift(self).heal()
    var all = query
    (all.after, all.limit) = (nil, nil)
    return try current({ try $0.page(query) }, fitting: { [all] in try $0.page(all) })
  }

  /// Jobs by words of their title or input's name, in any order and script, by the beginning of a content hash, or by
  /// the input's path; newest first.
  public func find(_ text: String, limit: Int?) throws -> [IndexedJob] {
    try Drift(self).heal()
    // As it is, from here, and from the workspace on.
    let places = text.contains("/") ? Self.paths(calledSo: text, in: workspace) : []
    let files = Set(places.flatMap { [text, $0.string, workspace.documentPath($0)] }).sorted()
    return try current(
      { try $0.matches(text, files: files, limit: limit) },
      fitting: { try $0.matches(text, files: files, limit: nil) }
    ).jobs
  }

  /// How many jobs there are, by user and status.
  public func counts() throws -> [(userID: String, status: String, jobs: Int)] {
    try Drift(self).heal()
    return try read { try $0.jobCounts() }
  }
}

extension Database {
  /// - Parameter files: how documents may write the input.
  func matches(_ text: String, files: [String] = [], limit: Int?) throws -> [IndexedJob] {
    var sources: [(sql: String, values: [RowValue])] = []
    if let query = FoldedWords(text).query {
      sources.append(("SELECT rowid AS job FROM words WHERE words MATCH ?", [.text(query)]))
    }
    if text.utf8.count >= 6, text.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
      let prefix = text.lowercased()
      sources.append(
        ("SELECT job FROM inputs WHERE sha256 >= ? AND sha256 < ?", [.text(prefix), .text(prefix + "g")]))
    }
    if !files.isEmpty {
      let marks = files.map { _ in "?" }.joined(separator: ",")
      sources.append(("SELECT job FROM inputs WHERE file IN (\(marks))", files.map { .text($0) }))
    }
    guard !sources.isEmpty else { return [] }
    let end = " ORDER BY job DESC" + (limit.map { " LIMIT \($0)" } ?? "")
    let found = sources.map { "SELECT * FROM (\($0.sql)\(end))" }.joined(separator: " UNION ")
    let sql = "SELECT \(Database.jobColumns) FROM (\(found)) AS found CROSS JOIN jobs ON jobs.key = found.job\(end)"
    return try jobs(sql, arguments: StatementArguments(sources.flatMap(\.values)))
  }

  func jobCounts() throws -> [(userID: String, status: String, jobs: Int)] {
    let sql = "SELECT user_id, status, jobs FROM counts WHERE jobs > 0 ORDER BY user_id, status"
    return try Row.fetchAll(self, sql: sql).map { (String(user: $0[0]), $0[1], $0[2]) }
  }
}
