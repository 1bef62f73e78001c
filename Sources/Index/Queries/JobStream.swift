public import Jobs

extension JobIndex {
  /// The jobs of a query, page by page, however many there are.
  ///
  /// A job is told once, also where the index turns out to be damaged on the way and is made anew.
  /// - Parameters:
  ///   - limit: at most so many; `nil` for all.
  ///   - tell: called with each page in turn.
  /// - Returns: the last job told, when there are more.
  /// - Throws: ``JobError``, or what `tell` throws.
  public static func stream(
    _ query: JobQuery, in workspace: Workspace, limit: Int?, pageLength: Int = 1000, notice: IndexNotice,
    _ tell: ([IndexedJob]) throws -> Void
  ) throws -> IndexedJob? {
    var query = query
    var rest = limit ?? .max
    var last: IndexedJob?
    return try look(in: workspace, notice: notice) { index in
      while rest > 0 {
        let length = min(rest, pageLength)
        // One more than is told shows whether there are more.
        query.limit = length + 1
        let (found, rows) = try index.pageOfRows(query)
        let told = Array(found.prefix(length))
        if !told.isEmpty { try tell(told) }
        rest -= told.count
        last = told.last ?? last
        guard rows.count > length else { return nil }
        // By the row, as the order is that of the rows. Where jobs have gone meanwhile, all of the page was told.
        query.follow(rows[found.count > length ? length - 1 : length])
      }
      return last
    }
  }
}
