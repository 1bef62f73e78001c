internal import GRDB

/// A condition in SQL over `jobs`, and the values of its question marks.
struct Condition {
  private(set) var parts: [String]
  private(set) var values: [RowValue]

  init(_ part: String, _ values: [RowValue]) { (parts, self.values) = ([part], values) }

  /// What fits all of them.
  init(_ conditions: [Condition] = []) {
    parts = conditions.flatMap(\.parts)
    values = conditions.flatMap(\.values)
  }

  var isEmpty: Bool { parts.isEmpty }

  func and(_ part: String, _ values: [RowValue] = []) -> Condition { Condition([self, Condition(part, values)]) }

  /// As a WHERE clause; empty when there is no condition.
  var clause: String { isEmpty ? "" : " WHERE " + parts.joined(separator: " AND ") }
}
