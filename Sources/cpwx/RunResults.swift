internal import Jobs
internal import Pipeline
internal import SystemPackage

extension FilmBatch.Plan {
  func run(
    _ request: RunRequest, stop: StopSource, observe: @escaping @Sendable (RunEvent) -> Void
  ) throws -> RunResults {
    RunResults(
      results: try request.batch.run(self, stop: stop, observe: observe), workspace: request.workspace,
      secrets: request.batch.secrets)
  }

  func listing(_ request: RunRequest) -> Listing {
    let workspace = request.workspace
    let input = Listing.Column("INPUT", isFlexible: true) {
      $0["input"]?.string.map { workspace.documentPath(FilePath($0)) } ?? ""
    }.cutAtStart.readable(20)
    let year = Listing.Column("YEAR", key: "year").rare
    // Films of one title are told apart by their years, or else by where they lie.
    let twins = Dictionary(grouping: films, by: \.title).values.filter { $0.count > 1 }
    let differByYear = twins.allSatisfy { Set($0.map(\.year)).count == $0.count }
    return Listing(
      rows: films.map { Secrets.masked($0.document, request.batch.secrets) },
      columns: [
        .init("DECISION", key: "decision"), .init("TITLE", key: "title", isFlexible: true),
        !twins.isEmpty && differByYear ? year : year.dispensable(3),
        .init("JOB", key: "job_id").rare,
        .init("TIME") { $0["estimated_seconds"]?.double.map(describeDuration) ?? "" }.rare.dispensable(1),
        .init("DISK") { $0["estimated_bytes"]?.int.map(describeSize) ?? "" }.rare.dispensable(1),
        differByYear ? input.dispensable(2) : input, .reason { plain($0["reason"] ?? .null) },
      ],
      keys: RowKeys.plannedFilm)
  }
}

extension InputDecision {
  /// The documented keys of `run -n`.
  fileprivate var document: JSON {
    [
      "input": .string(input.string), "title": .string(title), "year": .int(year),
      "decision": .string(kind.rawValue), "reason": .string(reason), "job_id": .string(job?.id.description),
      "estimated_seconds": estimate?.seconds.map { .double($0.rounded()) } ?? .null,
      "estimated_bytes": .int(estimate?.bytes),
    ]
  }
}

/// What became of the films of a run.
struct RunResults {
  var results: [FilmBatch.Result]
  var workspace: Workspace
  var secrets: [String]

  /// Films that were done before and are listed one by one; a night's folder holds thousands of them.
  private static let mostDoneListed = 20

  func write(_ format: OutputFormat) {
    let done = results.count(where: \.wasDoneBefore)
    guard format == .table, done > Self.mostDoneListed else { return listing(results).write(format) }
    listing(results.filter { !$0.wasDoneBefore }).write(format)
    Console.out("\(done) films were done already; cpwx run -n lists them.")
  }

  /// What there is to say where the rest is on its way.
  func writeTroubles() {
    let left = results.filter { $0.isUnfinished }
    for result in left { Console.note(wrapping: "\(result.film.title): \(result.reason ?? result.film.reason)") }
  }

  /// How many films came to what; `nil` where one line tells all.
  var summary: String? {
    let words = results.compactMap { result in
      result.status?.rawValue ?? (result.film.kind == .held ? result.film.kind.rawValue : nil)
    }
    guard results.count > 1, !words.isEmpty else { return nil }
    return Dictionary(words.map { ($0, 1) }, uniquingKeysWith: +).sorted { $0.key < $1.key }
      .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      + "; cpwx report tells more"
  }

  private func listing(_ results: [FilmBatch.Result]) -> Listing {
    var status = Listing.Column("STATUS") { $0["status"]?.string ?? $0["decision"]?.string ?? "" }
    status.style = Style.status
    let reason = Listing.Column.reason {
      $0["status"]?.string == "completed" ? "" : plain($0["reason"] ?? .null).firstLine
    }
    return Listing(
      rows: results.map { result in
        let row: JSON = [
          "input": .string(result.film.input.string), "title": .string(result.film.title),
          "year": .int(result.film.year), "decision": .string(result.film.kind.rawValue),
          "reason": .string(result.reason ?? result.film.reason), "job_id": .string(result.job?.id.description),
          "status": .string(result.status?.rawValue),
          "output_dir": .string(result.job.map { workspace.documentPath($0.output) }),
        ]
        return Secrets.masked(row, secrets)
      },
      columns: [
        .init("JOB", key: "job_id"), status,
        .init("TITLE", key: "title", isFlexible: true), .init("YEAR", key: "year").rare.dispensable(2),
        .init("OUTPUT", key: "output_dir").rare.dispensable(1), reason,
      ],
      keys: RowKeys.film)
  }

  /// `nil` when all that was asked for is done.
  var exitStatus: ExitStatus? {
    ExitStatus(sharedBy: Set(results.filter(\.isUnfinished).map { $0.error.map { ExitStatus($0).rawValue } ?? 1 }))
  }
}

extension String {
  fileprivate var firstLine: String { String(prefix { !$0.isNewline }) }
}
