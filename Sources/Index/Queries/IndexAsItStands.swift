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

  /// Jobs whose ids begin so, newest first.
  public func jobs(beginning prefix: String, limit: Int) -> [IndexedJob] {
    let columns = Database.jobColumns
    let sql =
      prefix.isEmpty
      ? "SELECT \(columns) FROM jobs ORDER BY key DESC LIMIT ?"
      : "SELECT \(columns) FROM jobs WHERE job_id >= ? AND job_id < ? ORDER BY key DESC LIMIT ?"
    let arguments: StatementArguments = prefix.isEmpty ? [limit] : [prefix, prefix + "\u{10FFFF}", limit]
    return (try? database?.read { try $0.jobs(sql, arguments: arguments) }) ?? []
  }

  /// The users who have jobs, and how many.
  public func users() -> [(userID: String, jobs: Int)] {
    let counts = (try? database?.read { try $0.jobCounts() }) ?? []
    let sums = Dictionary(counts.map { ($0.userID, $0.jobs) }, uniquingKeysWith: +)
    return sums.sorted { ($0.key.utf8.count, $0.key) < ($1.key.utf8.count, $1.key) }.map { ($0.key, $0.value) }
  }
}
