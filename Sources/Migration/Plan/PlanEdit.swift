public import Jobs

/// What a person changed of an entry in a plan before it runs.
public struct PlanEdit: Sendable, Equatable {
  public var title: String?
  public var year: Int?
  public var userID: Int
  public var created: Timestamp

  /// - Throws: ``JobError`` with code `usage` for an entry that says what cannot be.
  public init(_ entry: JSON) throws {
    let path = entry["path"]?.string ?? "an entry"
    func wrong(_ what: String) -> JobError {
      JobError(.usage, path, what, remedy: "Nothing was changed. Run this again.")
    }
    title = entry["title"]?.string
    year = entry["year"]?.int
    if let value = entry["year"], !value.isNull, year == nil { throw wrong("the year is no number") }
    guard let user = entry["user_id"]?.int, user >= 1 else { throw wrong("user_id is no number from 1") }
    guard let moment = entry["created_at"]?.string.flatMap({ Timestamp($0) }) else {
      throw wrong("created_at is no local time like 2025-10-30T15:44:30")
    }
    (userID, created) = (user, moment)
  }

  func apply(to entry: inout MigrationEntry) {
    if entry.id != nil, userID != entry.userID || created != entry.created {
      entry.problems.append(.error("it lies by its day and user already: title and year alone can be changed of it"))
      return
    }
    if title != entry.title { (entry.title, entry.titleSource) = (title, "edited") }
    if year != entry.year { (entry.year, entry.yearSource) = (year, "edited") }
    if created != entry.created { (entry.created, entry.dateSource) = (created, "edited") }
    entry.userID = userID
  }
}
