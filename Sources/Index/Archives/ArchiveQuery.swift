internal import GRDB
public import Jobs
internal import SystemPackage

/// Which archives, in what order.
public struct ArchiveQuery: Sendable {
  /// What archives can be sorted by.
  public enum Order: String, CaseIterable, Sendable {
    case job, film, date, size

    /// Which way is usual: names upwards; what is new or large first.
    public var isAscending: Bool { self == .film }

    fileprivate var column: String {
      switch self {
      case .job: "key"
      case .film: "title"
      case .date: "moment"
      case .size: "archive_bytes"
      }
    }
  }

  /// Words of the title, or the beginning of a job's id; empty for all.
  public var words = ""
  public var user: String?
  /// Completed, or made, from then on.
  public var since: Timestamp?
  public var until: Timestamp?
  public var order = Order.job
  public var ascending = false

  public init() {}
}

extension JobIndex {
  /// Archives, as their files say now.
  public func archives(_ query: ArchiveQuery = ArchiveQuery()) throws -> [IndexedArchive] {
    try Drift(self).heal()
    let direction = query.ascending ? "ASC" : "DESC"
    let wanted = FoldedWords(query.words).words.map { $0.joined() }
    let found = try read { db in
      var conditions: [String] = []
      var arguments: StatementArguments = []
      if let user = query.user {
        conditions.append("user_id = ?")
        arguments += [RowValue.user(user)]
      }
      if let since = query.since {
        conditions.append("moment >= ?")
        arguments += [since.microseconds]
      }
      if let until = query.until {
        conditions.append("moment <= ?")
        arguments += [until.microseconds]
      }
      let condition = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
      let sql = "SELECT * FROM archives\(condition) ORDER BY \(query.order.column) \(direction), key \(direction), path"
      return try Row.fetchAll(db, sql: sql, arguments: arguments).map { IndexedArchive($0) }.filter { archive in
        if query.words.isEmpty || archive.jobID.hasPrefix(query.words) { return true }
        let words = FoldedWords(archive.title ?? "").words.map { $0.joined() }
        return !wanted.isEmpty && wanted.allSatisfy { word in words.contains { $0.hasPrefix(word) } }
      }
    }
    return try asTheirFilesSay(found)
  }

  /// Archives whose files were changed in place, by a failing disk or by other hands, are looked into again.
  private func asTheirFilesSay(_ archives: [IndexedArchive]) throws -> [IndexedArchive] {
    let anew = archives.compactMap { archive -> ArchiveReading? in
      guard let place = archive.place(in: workspace), let status = try? FileStatus(of: place.file(in: workspace)),
        !archive.isAsRead(status)
      else { return nil }
      return ArchiveReading(place, in: workspace)
    }
    guard !anew.isEmpty else { return archives }
    // Where others write, the next look at it brings the index up to date.
    _ = try? write(waits: false) { db in
      for reading in anew { try db.store(reading, in: workspace) }
    }
    let changed = Dictionary(anew.map { $0.row() }.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
    return archives.map { changed[$0.path] ?? $0 }
  }

  /// The archive that stands for the job with this folder.
  public func archive(ofFolder folder: String) throws -> IndexedArchive? {
    try Drift(self).heal()
    return try read { try $0.archive(ofFolder: folder) }
  }

  /// The job with this folder, if the index has it.
  func job(inFolder folder: String) throws -> IndexedJob? {
    try Drift(self).heal()
    return try current {
      try $0.jobs("SELECT \(Database.jobColumns) FROM jobs WHERE folder = ?", arguments: [folder])
    }.first
  }
}
