internal import Jobs
internal import Migration
internal import TextWidth

/// Writes the entries of a plan as they come, and counts them.
final class MigrationOutput {
  private let format: OutputFormat
  private var writer: Listing.Writer
  private var isFirst = true
  private var lines: [UInt8] = []
  private(set) var heldBack = 0
  private var counts: [String: Int] = [:]
  private var problems: [Problem.Severity: Int] = [:]
  private var twins = 0
  /// What is to be said of entries, in lines for a terminal, whose columns have no room for them.
  private var troubles: [String] = []

  init(_ format: OutputFormat) {
    self.format = format
    writer = Listing.Writer(format, Self.columns, keys: RowKeys.migratedTree)
  }

  /// An entry as it will be written, made on all cores, and what is counted of it.
  struct Row: Sendable {
    enum Text: Sendable {
      case line([UInt8])
      case cells(JSON)
    }

    let text: Text
    let action: String
    let severities: [Problem.Severity]
    let isHeldBack: Bool
    let isTwin: Bool

    init(_ entry: MigrationEntry, isLine: Bool) {
      text = isLine ? .line(entry.document.bytes(.compact)) : .cells(entry.document)
      (action, severities) = (entry.action, entry.problems.map(\.severity))
      (isHeldBack, isTwin) = (entry.isHeldBack, !entry.twins.isEmpty)
    }
  }

  /// Makes the rows of entries.
  var rows: @Sendable (MigrationEntry) -> Row {
    let isLine = format == .json || format == .ndjson
    return { Row($0, isLine: isLine) }
  }

  func write(_ row: Row) {
    counts[row.action, default: 0] += 1
    for severity in row.severities { problems[severity, default: 0] += 1 }
    if row.isHeldBack { heldBack += 1 }
    if row.isTwin { twins += 1 }
    switch row.text {
    case .cells(let cells):
      writer.write([cells])
      if format == .table, !Style.isPlain, Console.outColumns != nil { note(cells) }
    case .line(let line):
      // A hundred thousand entries are not gathered first.
      if format == .json { lines += Array((isFirst ? "{\"entries\": [\n" : ",\n").utf8) }
      lines += line
      if format == .ndjson { lines.append(0x0A) }
      if lines.count > 1 << 16 { flush() }
    }
    isFirst = false
  }

  private func note(_ cells: JSON) {
    for problem in cells["problems"]?.array ?? [] {
      troubles.append("\(cells["path"]?.string ?? ""): \(Self.told(problem))".onOneLine)
    }
  }

  private func flush() {
    Console.out(raw: lines)
    lines.removeAll(keepingCapacity: true)
  }

  /// - Parameter id: of the migration; `nil` for a plan that is none yet.
  func end(_ id: String?) {
    switch format {
    case .json:
      lines += Array(
        "\(isFirst ? "{\"entries\": [" : "")\n], \"migration_id\": \(JSON.string(id).text(.compact))}\n".utf8)
      flush()
    case .ndjson: flush()
    case .table, .csv:
      writer.end()
      if !troubles.isEmpty { Console.out("") }
      for trouble in troubles { Console.out(wrapping: trouble, hanging: 2) }
    }
  }

  /// - Parameters:
  ///   - done: what was migrated; `nil` where a plan is only shown, or has nothing in it to be done.
  ///   - failed: what could not be.
  func summary(done: Int?, failed: Int = 0) -> String {
    func count(_ action: String, _ words: String) -> String? {
      counts[action].map { "\($0) \(words)" }
    }
    let parts = [
      done.map { "\($0) done" } ?? count("move", "to move"), failed > 0 ? "\(failed) failed" : nil,
      done == nil ? count("complete", "to complete in place") : nil,
      count("adopt", "there already"), count("leave", "no jobs, which stay"), count("held back", "held back"),
      twins > 0 ? "\(twins) \(twins == 1 ? "shares its film" : "share their films") with another" : nil,
      problems[.warning].map { $0 == 1 ? "1 warning" : "\($0) warnings" },
    ]
    let counted = parts.compactMap { $0 }.joined(separator: ", ")
    let isNothing = done == nil && counts["move"] == nil && counts["complete"] == nil
    return [isNothing ? "Nothing is to be migrated." : nil, counted.isEmpty ? nil : counted + "."]
      .compactMap { $0 }.joined(separator: " ")
  }

  private static var columns: [Listing.Column] {
    [
      .init("PATH", key: "path", isFlexible: true).cutAtStart.readable(16), .init("KIND", key: "kind").dispensable(7),
      .init("ACTION", key: "action"), .init("JOB", key: "job_id"),
      .init("USER", key: "user_id").dispensable(8), .init("NEW DIRECTORY", key: "output_dir").dispensable(9),
      .init("STATUS", key: "status", style: Style.status).dispensable(2),
      .init("TITLE", key: "title", isFlexible: true).dispensable(3), .init("YEAR", key: "year").dispensable(5),
      .init("DATE") { row in
        [row["date"]?.string, row["date_source"]?.string.map { "(\($0))" }].compactMap { $0 }.joined(separator: " ")
      }.dispensable(6),
      .init("STAGES") { row in
        let failed = (row["failed_stages"]?.array ?? []).compactMap(\.string)
        let done = row["completed_stages"]?.array?.count ?? 0
        return row["kind"]?.string == "other"
          ? "" : "\(done)" + (failed.isEmpty ? "" : ", \(failed.joined(separator: " ")) failed")
      }.dispensable(4),
      problemColumn.dispensable(1),
    ]
  }

  private static var problemColumn: Listing.Column {
    .reason("PROBLEMS") { row in
      (row["problems"]?.array ?? []).map(told).joined(separator: "; ")
    }
  }

  private static func told(_ problem: JSON) -> String {
    let severity = problem["severity"]?.string ?? ""
    return (severity == "info" ? "" : severity + ": ") + (problem["message"]?.string ?? "")
  }
}
