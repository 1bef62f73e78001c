internal import GRDB
internal import Jobs

/// A page of jobs: which, in what order, from where on.
public struct JobQuery: Sendable {
  /// What jobs can be sorted by.
  public enum Order: String, CaseIterable, Sendable {
    case created, completed, title, year, duration, status, user

    /// Which way is usual: names and states upwards, times downwards.
    public var isAscending: Bool { self == .title || self == .status || self == .user }

    fileprivate var column: String {
      switch self {
      case .created: "key"
      case .completed: "completed"
      case .title: "title_words"
      case .year: "year"
      case .duration: "total_seconds"
      case .status: "status"
      case .user: "user_id"
      }
    }
  }

  public var filters: [JobFilter] = []
  public var order: Order = .created
  /// Smallest first; the usual order has the newest, longest, last first.
  public var ascending = false
  /// At most so many; `nil` for all.
  public var limit: Int?
  /// The last job of the page before: its folder.
  public var after: String?
  /// Where that job was, should it be gone.
  private(set) var lastPlace: Place?

  /// A job's place in the order.
  struct Place: Sendable {
    var key: Int64
    var value: RowValue
  }

  public init() {}

  /// Asks for the page that follows this job, whatever becomes of it.
  mutating func follow(_ row: IndexedJob) {
    after = row.folder
    let value: RowValue =
      switch order {
      case .created: .null
      case .completed: RowValue(row.completed?.microseconds)
      case .title: RowValue(row.title.map { FoldedWords($0).text })
      case .year: RowValue(row.year)
      case .duration: RowValue(row.totalSeconds)
      case .status: .text(row.status)
      case .user: .user(row.userID)
      }
    lastPlace = Place(key: row.key, value: value)
  }
}

extension Database {
  /// The jobs of a page, without their stages and events.
  ///
  /// Jobs that share the sorted value keep the order of their making, so that no job stands on two pages, or on none;
  /// those that have no such value come last downwards and first upwards.
  /// - Throws: ``JobError`` with code `usage` when the job that the page follows is gone.
  func page(_ query: JobQuery) throws -> [IndexedJob] {
    let last = try query.after.map { try place(of: $0, in: query) }
    if let page = try pageOnTheWay(query, after: last) { return page }
    var found: [IndexedJob] = []
    for part in PagePart(query, walksOrder: try isOfMany(query)).parts(after: last)
    where query.limit.map({ found.count < $0 }) ?? true {
      found += try jobs(part.sql, arguments: part.arguments)
    }
    return query.limit.map { Array(found.prefix($0)) } ?? found
  }

  /// A page of jobs that have words in their titles, met on the way along the sorted value: their index would have to tell of all of them
  /// before the first is known. `nil` where there is no such way, or a page is not full soon.
  private func pageOnTheWay(_ query: JobQuery, after last: JobQuery.Place?) throws -> [IndexedJob]? {
    guard let limit = query.limit, limit <= Self.longestOnTheWay, query.index != nil, !query.isOfFew,
      query.filters.contains(where: { $0.conditionOfWords != nil })
    else { return nil }
    let conditions = query.filters.map { $0.conditionOfWords ?? $0.condition }
    let most = limit * Self.metForOne
    var way = query
    (way.filters, way.limit) = ([], most)
    var (keys, met): ([Int64], Int) = ([], 0)
    for part in PagePart(way, walksOrder: true).parts(after: last) where keys.count < limit && met < most {
      let (sql, arguments) = part.keys(fitting: Condition(conditions))
      let cursor = try Int64?.fetchCursor(self, sql: sql, arguments: arguments)
      while keys.count < limit, let key = try cursor.next() {
        met += 1
        if let key { keys.append(key) }
      }
    }
    guard keys.count == limit || met < most else { return nil }
    let marks = keys.map { _ in "?" }.joined(separator: ",")
    let sql = "SELECT \(Database.jobColumns) FROM jobs WHERE key IN (\(marks))"
    let jobs = try jobs(sql, arguments: StatementArguments(keys))
    let byKey = Dictionary(jobs.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    return keys.compactMap { byKey[$0] }
  }

  /// How many jobs are looked at on the way for each one of a page.
  private static let metForOne = 60
  /// The longest page that is looked for so. For a longer one, a word that few have would lead past far more than it takes to look those up.
  private static let longestOnTheWay = 100

  /// The place of the job that a page follows.
  private func place(of folder: String, in query: JobQuery) throws -> JobQuery.Place {
    let sql = "SELECT key, \(query.order.column) FROM jobs WHERE folder = ?"
    let row = try Row.fetchOne(self, sql: sql, arguments: [folder])
    guard let place = row.map({ JobQuery.Place(key: $0[0], value: $0[1]) }) ?? query.lastPlace else {
      throw JobError(.usage, folder, "the page is to follow this job, and it is gone")
    }
    return place
  }
}

extension Database {
  /// Whether a query finds so many jobs that a page of them is met sooner on the way along the sorted value than by
  /// looking all of them up and sorting them.
  ///
  /// The way to a full page leads past `limit * jobs / found` jobs; looking up all takes `found`.
  private func isOfMany(_ query: JobQuery) throws -> Bool {
    guard query.index != nil, let limit = query.limit, !query.filters.isEmpty else { return false }
    let ofFew = Condition("status <> ?", [.text(PipelineStatus.completed.rawValue)])
    let jobs = try standingCount(query.isOfFew && query.order == .duration ? ofFew : Condition())
    let many = Int((Double(limit) * Double(jobs)).squareRoot()) + 1
    let counted = query.filters.compactMap(\.countCondition)
    if query.isOfFew, counted.count == query.filters.count { return try standingCount(Condition(counted)) >= many }
    let words = query.filters.count == 1 ? query.filters[0].words : nil
    let (rows, condition) =
      words.map { ("words", Condition("words MATCH ?", [.text($0)])) }
      ?? ("jobs", Condition(query.filters.map(\.condition)))
    let sql = "SELECT count(*) FROM (SELECT 1 FROM \(rows)\(condition.clause) LIMIT ?)"
    return try Int.fetchOne(self, sql: sql, arguments: StatementArguments(condition.values + [RowValue(many)])) == many
  }

  /// How many jobs there are, or are so by user and status, as the table of counts has it.
  func standingCount(_ condition: Condition = Condition()) throws -> Int {
    let sql = "SELECT coalesce(sum(jobs), 0) FROM counts\(condition.clause)"
    return try Int.fetchOne(self, sql: sql, arguments: StatementArguments(condition.values)) ?? 0
  }
}

extension JobQuery {
  /// Whether all jobs that it asks for are among the few that are not completed.
  fileprivate var isOfFew: Bool { filters.contains(where: \.isOfFew) }

  /// The index that has the jobs in this order; `nil` for the order of the table itself, and where the few have one that
  /// begins with their status.
  fileprivate var index: String? {
    switch order {
    case .created: nil
    case .completed: isOfFew ? nil : "jobs_by_completed"
    case .title: "jobs_by_title_words"
    case .year: "jobs_by_year"
    case .duration: isOfFew ? "few_by_duration" : "jobs_by_duration"
    case .status: isOfFew ? nil : "jobs_by_status"
    case .user: isOfFew ? nil : "jobs_by_user_only"
    }
  }
}

/// A question for a page of jobs, or for what a page has of those with or without a sorted value.
private struct PagePart {
  private let query: JobQuery
  /// What the rows come from, in the order of jobs already where that can be.
  private var source = "jobs"
  /// The same for jobs without a sorted value, where the order's index would lead through them all.
  private var sourceWithoutValue: String?
  private var condition = Condition()
  /// The column that the order of jobs is read from.
  private var key = "jobs.key"
  /// Statuses that are each looked up in their own order.
  private var statuses: [String] = []

  init(_ query: JobQuery, walksOrder: Bool) {
    self.query = query
    if walksOrder, let index = query.index {
      source = "jobs INDEXED BY \(index)"
      if query.order == .duration, query.isOfFew { sourceWithoutValue = "jobs INDEXED BY few_without_duration" }
    }
    var filters = query.filters
    if query.order == .created, let words = filters.firstIndex(where: { $0.words != nil }),
      let match = filters[words].words
    {
      // The words' own index has the jobs in their order, and need not be read to its end.
      (source, key) = ("words CROSS JOIN jobs ON jobs.key = words.rowid", "words.rowid")
      condition = Condition("words MATCH ?", [.text(match)])
      filters.remove(at: words)
    } else if query.order == .created, query.limit != nil, filters.count == 1, filters[0].statuses.count > 1 {
      statuses = filters[0].statuses
      return
    }
    condition = Condition([condition] + filters.map(\.condition))
  }

  /// What a page is put together from, one after the other: the first, or the one that follows a job.
  func parts(after last: JobQuery.Place?) -> [PagePart] {
    let comparison = query.ascending ? ">" : "<"
    if query.order == .created { return [last.map { adding("\(key) \(comparison) ?", [.integer($0.key)]) } ?? self] }
    // A first page is one question, unless those without a value have an index of their own.
    if last == nil, sourceWithoutValue == nil { return [self] }
    let column = "jobs.\(query.order.column)"
    let withValue = adding("\(column) IS NOT NULL", [])
    var withoutValue = adding("\(column) IS NULL", [])
    withoutValue.source = sourceWithoutValue ?? source
    guard let last else { return query.ascending ? [withoutValue, withValue] : [withValue, withoutValue] }
    if last.value == .null {
      let rest = withoutValue.adding("jobs.key \(comparison) ?", [.integer(last.key)])
      return query.ascending ? [rest, withValue] : [rest]
    }
    let rest = adding("(\(column), jobs.key) \(comparison) (?, ?)", [last.value, .integer(last.key)])
    return query.ascending ? [rest] : [rest, withoutValue]
  }

  private func adding(_ part: String, _ values: [RowValue]) -> PagePart {
    var more = self
    more.condition = condition.and(part, values)
    return more
  }

  private var end: String {
    let direction = query.ascending ? "ASC" : "DESC"
    let column = query.order == .created ? "" : "jobs.\(query.order.column) \(direction), "
    return " ORDER BY \(column)\(key) \(direction)" + (query.limit == nil ? "" : " LIMIT ?")
  }

  var sql: String {
    guard statuses.isEmpty else {
      // Of each status the page that it alone would give; the page of all is among them.
      let pages = statuses.map { status in
        "SELECT * FROM (SELECT key FROM jobs\(ofStatus(status).clause)\(end))"
      }
      return "SELECT \(Database.jobColumns) FROM jobs WHERE key IN (\(pages.joined(separator: " UNION ALL ")))\(end)"
    }
    return "SELECT \(Database.jobColumns) FROM \(source)\(condition.clause)\(end)"
  }

  /// The same jobs, each told by its key where it fits, and else by none.
  func keys(fitting fits: Condition) -> (sql: String, arguments: StatementArguments) {
    let column = "CASE WHEN \(fits.parts.joined(separator: " AND ")) THEN jobs.key END"
    let sql = "SELECT \(column) FROM \(source)\(condition.clause)\(end)"
    return (sql, StatementArguments(fits.values) + arguments)
  }

  var arguments: StatementArguments {
    guard let limit = query.limit.map({ RowValue($0) }) else { return StatementArguments(condition.values) }
    if statuses.isEmpty { return StatementArguments(condition.values + [limit]) }
    return StatementArguments(statuses.flatMap { ofStatus($0).values + [limit] } + [limit])
  }

  private func ofStatus(_ status: String) -> Condition {
    Condition([Condition("jobs.status = ?", [.text(status)]), condition])
  }
}
