internal import GRDB
public import Jobs

/// The index as it stands, for a prompt that waits: nothing is compared with the files, made, waited for or written.
///
/// Where there is no index that can be believed, nothing is known.
public struct IndexAsItStands {
  private let database: DatabaseQueue?

  public init(of workspace: Workspace) {
    let file = IndexFile(in: workspace)
    var configuration = Configuration()
    configuration.readonly = true
    database = file.isNotedAsLeft ? try? DatabaseQueue(path: file.readingPath, configuration: configuration) : nil
  }

  /// The job that is called so, or the newest whose id begins so; `latest` and `latest~2`, too.
  public func job(named name: String) -> IndexedJob? {
    guard let back = JobIndex.stepsBack(name) else { return jobs(beginning: name, limit: 1).first }
    let newest = jobs(beginning: "", limit: back + 1)
    return newest.count > back ? newest[back] : nil
  }

  /// Jobs whose ids begin so, newest first.
  public func jobs(beginning prefix: String, limit: Int, onlyArchived: Bool = false) -> [IndexedJob] {
    (try? database?.read { try $0.jobs(beginning: prefix, limit: limit, onlyArchived: onlyArchived) }) ?? []
  }

  /// Of those only the ones that stand so.
  public func jobs(beginning prefix: String, limit: Int, status: PipelineStatus) -> [IndexedJob] {
    let sql = """
      SELECT \(Database.jobColumns) FROM jobs
      WHERE status = ? AND job_id >= ? AND job_id < ? ORDER BY key DESC LIMIT ?
      """
    let arguments: StatementArguments = [status.rawValue, prefix, prefix + "\u{10FFFF}", limit]
    return (try? database?.read { try $0.jobs(sql, arguments: arguments) }) ?? []
  }

  /// The users who have jobs, and how many.
  public func users() -> [(userID: String, jobs: Int)] {
    let counts = (try? database?.read { try $0.jobCounts() }) ?? []
    let sums = Dictionary(counts.map { ($0.userID, $0.jobs) }, uniquingKeysWith: +)
    return sums.sorted { ($0.key.utf8.count, $0.key) < ($1.key.utf8.count, $1.key) }.map { ($0.key, $0.value) }
  }
}

extension Database {
  /// Jobs whose ids begin so, newest first.
  func jobs(beginning prefix: String, limit: Int, onlyArchived: Bool = false) throws -> [IndexedJob] {
    // An archive's key is its job's.
    let (tables, key) =
      onlyArchived
      ? ("archives CROSS JOIN jobs ON jobs.folder = archives.folder AND archives.status <> 'redacted'", "archives.key")
      : ("jobs", "jobs.key")
    func jobs(where condition: String, _ range: [any DatabaseValueConvertible]) throws -> [IndexedJob] {
      let sql = "SELECT \(Self.jobColumns) FROM \(tables) WHERE \(condition) ORDER BY \(key) DESC LIMIT ?"
      return try self.jobs(sql, arguments: StatementArguments(range + [limit]))
    }
    let names = [prefix, prefix + "\u{10FFFF}"]
    // Of a whole year there are more than can be sorted while somebody waits; by their keys they are in order.
    if let days = JobKey.days(beginning: prefix) {
      let found = try jobs(
        where: "\(key) >= ? AND \(key) < ? AND +jobs.job_id >= ? AND +jobs.job_id < ?",
        [days.lowerBound, days.upperBound] + names)
      if found.count == limit || onlyArchived && !found.isEmpty { return found }
    }
    return try jobs(where: "jobs.job_id >= ? AND jobs.job_id < ?", names)
  }
}
