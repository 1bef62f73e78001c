internal import Jobs

/// What one job came to grief over.
struct Trouble: Sendable {
  var kind: FailureCause.Kind
  var stage: String?
  /// As it was said.
  var text: String
  /// Without what differs from film to film.
  var common: String

  /// That a stage may fail is told by the kind.
  static func text(reason: String?, error: String?) -> String? {
    failureCause(reason: reason, said: error)?.withoutOptionalMark.trimmed
  }
}

extension FailureCause {
  /// Troubles that read alike, together: those of most films first.
  static func groups(of troubles: [(job: Int, trouble: Trouble)]) -> [FailureCause] {
    struct Key: Hashable {
      var kind: Kind
      var stage: String?
      var text: String
    }
    let groups = Dictionary(grouping: troubles) { _, trouble in
      Key(kind: trouble.kind, stage: trouble.stage, text: trouble.common)
    }
    return groups.map { key, members in
      let said = members[0].trouble.text
      return FailureCause(
        kind: key.kind, stage: key.stage, text: members.allSatisfy { $0.trouble.text == said } ? said : key.text,
        jobs: members.map(\.job), logLines: [])
    }.sorted { left, right in
      (left.kind.rank, right.jobs.count, left.jobs[0]) < (right.kind.rank, left.jobs.count, right.jobs[0])
    }
  }
}

extension FailureCause.Kind {
  fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension String {
  var trimmed: String {
    let start = drop(while: \.isWhitespace)
    return String(start[..<(start.lastIndex { !$0.isWhitespace }.map { start.index(after: $0) } ?? start.startIndex)])
  }
}
