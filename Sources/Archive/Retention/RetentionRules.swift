public import Jobs

/// Which of many archives are kept, by rules as backups have them: the newest, and one a day, week, month and year.
public struct RetentionRules: Sendable {
  /// Keep the newest so many.
  public var last: Int?
  /// Of each of the last so many days that have any, keep the newest.
  public var daily: Int?
  public var weekly: Int?
  public var monthly: Int?
  public var yearly: Int?
  /// Leave alone whatever is younger.
  public var before: Timestamp?

  public init() {}

  /// Whether any rule was given.
  public var isEmpty: Bool { periods.isEmpty && last == nil && before == nil }

  private var periods: [(name: String, count: Int, format: String)] {
    // Weeks as ISO 8601 has them: from Monday, in the year that has their Thursday.
    [
      ("day", daily, "%Y-%m-%d"), ("week", weekly, "%G-W%V"), ("month", monthly, "%Y-%m"), ("year", yearly, "%Y"),
    ].compactMap { name, count, format in count.map { (name, $0, format) } }
  }

  /// Why each of some moments is kept; `nil` for one that no rule keeps.
  public func reasons(_ moments: [Timestamp]) -> [String?] {
    var reasons = [String?](repeating: nil, count: moments.count)
    let newestFirst = moments.indices.sorted { (moments[$1], $1) < (moments[$0], $0) }
    for index in newestFirst {
      if let before, moments[index] >= before { reasons[index] = "younger than asked for" }
    }
    for (place, index) in newestFirst.prefix(last ?? 0).enumerated() where reasons[index] == nil {
      reasons[index] = place == 0 ? "the newest" : "one of the newest \(last ?? 0)"
    }
    for (name, count, format) in periods {
      var seen: Set<String> = []
      for index in newestFirst where seen.count < count {
        let period = moments[index].format(format)
        guard seen.insert(period).inserted, reasons[index] == nil else { continue }
        reasons[index] = "the last of the \(name) \(period)"
      }
    }
    return reasons
  }
}
