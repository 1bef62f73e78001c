internal import GRDB
public import Jobs
internal import SystemPackage

extension JobIndex {
  /// The highest number of a job of each day, by the day's digits, from the index as it stands: nothing is compared,
  /// made or written.
  ///
  /// - Returns: none where there is no index that can be believed.
  public static func highestNumbers(in workspace: Workspace) -> [String: Int] {
    let file = IndexFile(in: workspace)
    guard exists(file.path), (try? file.isAsLeft()) == true else { return [:] }
    var configuration = Configuration()
    configuration.readonly = true
    let place = JobKey.places
    let rows = try? DatabaseQueue(path: file.path.string, configuration: configuration).read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT key / \(place * 10_000_000) AS day, MAX(key / \(place) % 10000000) AS number FROM jobs GROUP BY day
          """)
    }
    var highest: [String: Int] = [:]
    for row in rows ?? [] {
      guard let day = Int64.fromDatabaseValue(row["day"]), let number = Int64.fromDatabaseValue(row["number"])
      else { continue }
      highest[String(day)] = Int(number)
    }
    return highest
  }
}
