internal import Index
internal import Jobs

/// Writes jobs page by page, so that a list of a million streams.
struct JobListing {
  private let workspace: Workspace
  private let columns: [(key: String, column: Listing.Column)]
  private let keys: [String]?
  private let format: OutputFormat
  private let secrets: [String]

  /// - Parameter columns: what to show, by keys; `nil` for the usual.
  init(_ workspace: Workspace, columns: [String]?, format: OutputFormat) throws {
    (self.workspace, self.format) = (workspace, format)
    let asked = try columns.map { try JobColumns.named($0).map { ($0.key, $0.column.asked) } }
    self.columns = try asked ?? JobColumns.named(JobColumns.usual)
    keys = asked?.map(\.0)
    secrets = workspace.secrets(outer: processEnvironment())
  }

  /// - Returns: the last job written, when there are more.
  func write(_ query: JobQuery, limit: Int?) throws -> IndexedJob? {
    var writer = Listing.Writer(format, columns.map(\.column), keys: keys ?? RowKeys.job)
    let last = try JobIndex.stream(query, in: workspace, limit: limit, notice: .console) { writer.write($0.map(row)) }
    writer.end(saying: query.filters.isEmpty ? "There are no jobs here. Make some with: cpwx run" : "No job fits.")
    return last
  }

  func write(_ jobs: [IndexedJob], orSay empty: String) {
    var writer = Listing.Writer(format, columns.map(\.column), keys: keys ?? RowKeys.job)
    writer.write(jobs.map(row))
    writer.end(saying: empty)
  }

  private func row(_ job: IndexedJob) -> JSON {
    let document = Secrets.masked(job.document, secrets)
    guard let keys, format != .table else { return document }
    var chosen = JSON.Object()
    for key in keys { chosen[key] = document[key] }
    return .object(chosen)
  }
}
