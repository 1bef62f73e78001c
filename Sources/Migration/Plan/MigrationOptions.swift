internal import Glibc
internal import Jobs

/// What an admin asks of a plan.
public struct MigrationOptions: Sendable {
  /// Whose the jobs are that do not say.
  public var user: Int
  /// Only entries whose path or name fits one of these patterns of a shell.
  public var only: [String]
  public var exclude: [String]
  /// What tells the date: manifest, log or newest_file; `nil` for the best that there is.
  public var dateFrom: String?

  public init(user: Int = 1, only: [String] = [], exclude: [String] = [], dateFrom: String? = nil) {
    (self.user, self.only, self.exclude, self.dateFrom) = (user, only, exclude, dateFrom)
  }

  public static let dateSources = ["manifest", "log", "newest_file"]

  /// Whether an entry is among those that were asked for.
  ///
  /// - Parameter names: its name and its paths, and those of the folder that it was found in.
  func wants(_ names: [String]) -> Bool {
    func fits(_ pattern: String) -> Bool { names.contains { unsafe fnmatch(pattern, $0, 0) == 0 } }
    return (only.isEmpty || only.contains(where: fits)) && !exclude.contains(where: fits)
  }

  var choosesAll: Bool { only.isEmpty && exclude.isEmpty }
}
