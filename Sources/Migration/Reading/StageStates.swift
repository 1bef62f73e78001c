internal import Jobs

/// Stages and what became of each, in the order in which they were told of.
///
/// They are so few that looking at all of them is quicker than hashing their names.
struct StageStates: Sendable {
  private(set) var all: [(name: String, status: StageStatus)] = []

  subscript(name: String) -> StageStatus? { all.first { $0.name.isSame(as: name) }?.status }

  /// What is told first counts.
  mutating func add(_ name: String, _ status: StageStatus) {
    if self[name] == nil { all.append((name, status)) }
  }

  func contains(_ status: StageStatus) -> Bool { all.contains { $0.status == status } }
}

extension String {
  /// Whether two names are one; most are told apart by their lengths.
  func isSame(as other: String) -> Bool { utf8.count == other.utf8.count && self == other }
}
