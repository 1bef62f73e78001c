internal import Index
internal import Jobs

/// Pages, counts and searches: the answer of SQLite alone, and the whole call, which compares the files first.
struct QueryMeasurement {
  private static let turns = 300
  private static let pageLength = 50

  private let index: JobIndex
  /// Folders of jobs, spread over all, for pages that follow one.
  private let folders: [String]
  private let newestDay: String

  init(of index: JobIndex) throws {
    self.index = index
    let counts = try index.standingCounts().reduce(0) { $0 + $1.jobs }
    var random = Randomness(seed: 7)
    var places: [String] = []
    for _ in 0..<(counts == 0 ? 0 : 64) {
      let number = Int(random.next() % UInt64(counts))
      places.append(SyntheticJob(number, on: SyntheticDay(number / SyntheticDay.jobs)).folder)
    }
    folders = places
    newestDay = SyntheticDay(max(0, (counts - 1) / SyntheticDay.jobs - 30)).date
  }

  func pages() throws -> JSON {
    var figures = JSON.Object()
    for (name, query) in try queries() {
      let asked = try Samples(Self.turns) { _ = try index.standingPage(query($0)) }
      let whole = try Samples(Self.turns) { _ = try index.page(query($0)) }
      figures[name] = ["query": asked.document, "whole": whole.document]
    }
    return .object(figures)
  }

  func counts() throws -> JSON {
    let asked = try Samples(Self.turns) { _ in _ = try index.standingCounts() }
    let whole = try Samples(Self.turns) { _ in _ = try index.counts() }
    return ["query": asked.document, "whole": whole.document]
  }

  func finds() throws -> JSON {
    var figures = JSON.Object()
    let texts = [
      ("rare word", SyntheticTitles.rare.word), ("common word", SyntheticTitles.common), ("one letter", "s"),
      ("Devanagari", "ज़िंदगी"), ("CJK", "月光"), ("two common words", "night river"),
    ]
    for (name, text) in texts {
      let asked = try Samples(Self.turns) { _ in _ = try index.standingMatches(text, limit: Self.pageLength) }
      let whole = try Samples(60) { _ in _ = try index.find(text, limit: Self.pageLength) }
      figures[name] = ["query": asked.document, "whole": whole.document]
    }
    return .object(figures)
  }

  /// Each by its name, varied from turn to turn.
  private func queries() throws -> [(String, (Int) -> JobQuery)] {
    func query(_ filters: String..., order: JobQuery.Order = .created, isDeep: Bool = false) throws -> (Int) -> JobQuery
    {
      var query = JobQuery()
      query.filters = try filters.map { try JobFilter($0) }
      (query.order, query.limit) = (order, Self.pageLength)
      let folders = folders
      return { [query] turn in
        var query = query
        query.ascending = turn % 2 == 1 && order != .created
        if isDeep, !folders.isEmpty { query.after = folders[turn % folders.count] }
        return query
      }
    }
    return [
      ("newest", try query()), ("after a random job", try query(isDeep: true)),
      ("status=failed", try query("status=failed")),
      ("status=failed, deep", try query("status=failed", isDeep: true)),
      ("status=failed,interrupted", try query("status=failed,interrupted")),
      ("user=2", try query("user=2")),
      ("user=2 status=failed", try query("user=2", "status=failed")), ("stage=asr", try query("stage=asr")),
      ("since 30 days", try query("since=\(newestDay)")),
      ("since 30 days, failed", try query("since=\(newestDay)", "status=failed")),
      ("title~rare", try query("title~\(SyntheticTitles.rare.word)")),
      ("title~common", try query("title~\(SyntheticTitles.common)")),
      ("title~common, by duration", try query("title~\(SyntheticTitles.common)", order: .duration)),
      ("by title", try query(order: .title)), ("by title, deep", try query(order: .title, isDeep: true)),
      ("by completed", try query(order: .completed)), ("by duration", try query(order: .duration)),
      ("user=2 by duration", try query("user=2", order: .duration)),
      ("user=2 status=failed by duration", try query("user=2", "status=failed", order: .duration)),
      ("since 30 days, by title", try query("since=\(newestDay)", order: .title)),
      ("status=failed by duration", try query("status=failed", order: .duration)),
      ("status=pending by completed", try query("status=pending", order: .completed)),
    ]
  }
}
