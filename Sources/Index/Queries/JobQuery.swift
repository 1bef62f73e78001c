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
      case .completed: "completed_at"
      case .title: "title"
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
      case .completed: RowValue(row.completedAt)
      case .title: RowValue(row.title)
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
    let part = PagePart(query)
    guard let after = query.after else { return try jobs(part.sql, arguments: part.arguments) }
    let sql = "SELECT key, \(query.order.column) FROM jobs WHERE folder = ?"
    let row = try Row.fetchOne(self, sql: sql, arguments: [after])
    let standing = row.map { JobQuery.Place(key: $0[0], value: $0[1]) }
    guard let last = standing ?? query.lastPlace else {
      throw JobError(.usage, after, "the page is to follow this job, and it is gone")
    }
    let (key, value) = (last.key, last.value.databaseValue)
    let column = "jobs.\(query.order.column)"
    let comparison = query.ascending ? ">" : "<"
    if query.order == .created {
      let next = part.following(key)
      return try jobs(next.sql, arguments: next.arguments)
    }
    let withoutValue = part.adding("\(column) IS NULL AND jobs.key \(comparison) ?", [value.isNull ? key : query.edge])
    let withValue = part.adding(
      value.isNull ? "\(column) IS NOT NULL" : "(\(column), jobs.key) \(comparison) (?, ?)",
      value.isNull ? [] : [value, key])
    let parts =
      switch (query.ascending, value.isNull) {
      case (false, false): [withValue, withoutValue]
      case (false, true): [withoutValue]
      case (true, true): [withoutValue, withValue]
      case (true, false): [withValue]
      }
    var found: [IndexedJob] = []
    for part in parts where query.limit.map({ found.count < $0 }) ?? true {
      found += try jobs(part.sql, arguments: part.arguments)
    }
    return query.limit.map { Array(found.prefix($0)) } ?? found
  }
}

extension JobQuery {
  /// Beyond every key, on the side that a page starts from.
  fileprivate var edge: Int64 { ascending ? -1 : .max }
}

private struct PagePart {
  private let query: JobQuery
  /// What the rows come from, in the order of jobs already where that can be.
  private var source = "jobs"
  private var conditions: [String] = []
  private var values: StatementArguments = []
  /// The column that the order of jobs is read from.
  private var key = "jobs.key"
  /// Statuses that are each looked up in their own order.
  private var statuses: [String] = []

  init(_ query: JobQuery) {
    self.query = query
    var filters = query.filters
    if query.order == .created, let words = filters.firstIndex(where: { $0.words != nil }),
      let match = filters[words].words
    {
      // The words' own index has the jobs in their order, and need not be read to its end.
      (source, key) = ("words CROSS JOIN jobs ON jobs.key = words.rowid", "words.rowid")
      conditions.append("words MATCH ?")
      values += [match]
      filters.remove(at: words)
    } else if query.order == .created, query.limit != nil, filters.count == 1, filters[0].statuses.count > 1 {
      statuses = filters[0].statuses
      return
    }
    for filter in filters {
      let (condition, values) = filter.sql
      conditions.append(condition)
      self.values += values
    }
  }

  /// The page that comes after the job with this key, in the order of jobs.
  func following(_ last: Int64) -> PagePart { adding("\(key) \(query.ascending ? ">" : "<") ?", [last]) }

  func adding(_ condition: String, _ values: StatementArguments) -> PagePart {
    var part = self
    part.conditions.append(condition)
    part.values += values
    return part
  }

  var sql: String {
    let direction = query.ascending ? "ASC" : "DESC"
    let column = query.order == .created ? "" : "jobs.\(query.order.column) \(direction), "
    let end = " ORDER BY \(column)\(key) \(direction)" + (query.limit == nil ? "" : " LIMIT ?")
    guard statuses.isEmpty else {
      // Of each status the page that it alone would give; the page of all is among them.
      let pages = statuses.map { _ in
        let all = (["jobs.status = ?"] + conditions).joined(separator: " AND ")
        return "SELECT * FROM (SELECT key FROM jobs WHERE \(all)\(end))"
      }
      return "SELECT \(Database.jobColumns) FROM jobs WHERE key IN (\(pages.joined(separator: " UNION ALL ")))\(end)"
    }
    return "SELECT \(Database.jobColumns) FROM \(source)"
      + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")) + end
  }

  var arguments: StatementArguments {
    guard let limit = query.limit else { return values }
    if statuses.isEmpty { return values + [limit] }
    return statuses.reduce([]) { $0 + [$1] + values + [limit] } + [limit]
  }
}
