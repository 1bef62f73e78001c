internal import ArgumentParser
internal import Jobs
internal import TextWidth

/// How results are written.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
  case table, json, ndjson, csv
}

/// Rows of results with stable keys, in whichever format was asked for.
struct Listing {
  /// What a person sees of a row.
  struct Column {
    var heading: String
    var text: (JSON) -> String

    init(_ heading: String, _ text: @escaping (JSON) -> String) { (self.heading, self.text) = (heading, text) }

    /// The column of a member, as it is.
    init(_ heading: String, key: String) {
      self.init(heading) { $0[key].map(plain) ?? "" }
    }
  }

  var rows: [JSON]
  var columns: [Column]

  func write(_ format: OutputFormat) {
    switch format {
    case .json: Console.out(raw: JSON.array(rows).bytes())
    case .ndjson: for row in rows { Console.out(row.text(.compact)) }
    case .csv: writeCSV()
    case .table: writeTable()
    }
  }

  private func writeTable() {
    guard !rows.isEmpty else { return }
    let cells = [columns.map(\.heading)] + rows.map { row in columns.map { clean($0.text(row)) } }
    let widths = columns.indices.map { column in cells.map { $0[column].displayWidth }.max() ?? 0 }
    for row in cells {
      let line = zip(row, widths).map { $0.padded(to: $1) }.joined(separator: "  ")
      Console.out(String(line.reversed().drop { $0 == " " }.reversed()))
    }
  }

  /// RFC 4180, every key a column.
  private func writeCSV() {
    guard let keys = rows.first?.object?.names else { return }
    func quoted(_ text: String) -> String {
      let needsQuotes = text.contains { "\",\r\n".contains($0) }
      return needsQuotes
        ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
    }
    Console.out(keys.map(quoted).joined(separator: ","))
    for row in rows { Console.out(keys.map { quoted(row[$0].map(plain) ?? "") }.joined(separator: ",")) }
  }

  /// A name with a newline in it must not break the table.
  private func clean(_ text: String) -> String {
    String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
  }
}

/// A value as a cell: texts and numbers as they are, nothing for null, lists and objects as JSON.
func plain(_ value: JSON) -> String {
  switch value {
  case .null: ""
  case .string, .opaque: value.string ?? ""
  default: value.text(.compact)
  }
}
