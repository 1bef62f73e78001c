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
    /// Lends cells their colour.
    var style: (String) -> String = { $0 }
    /// Gives way where a terminal is too narrow.
    var isFlexible = false
    var text: (JSON) -> String

    init(_ heading: String, _ text: @escaping (JSON) -> String) { (self.heading, self.text) = (heading, text) }

    /// The column of a member, as it is.
    init(_ heading: String, key: String, style: @escaping (String) -> String = { $0 }, isFlexible: Bool = false) {
      self.init(heading) { $0[key].map(plain) ?? "" }
      (self.style, self.isFlexible) = (style, isFlexible)
    }
  }

  var rows: [JSON]
  var columns: [Column]

  func write(_ format: OutputFormat) {
    var writer = Writer(format, columns)
    writer.write(rows)
    writer.end()
  }

  /// Writes rows as they come: of the formats that are lines, each at once.
  struct Writer {
    private let format: OutputFormat
    private let columns: [Column]
    private var gathered: [JSON] = []
    private var isFirst = true

    init(_ format: OutputFormat, _ columns: [Column]) { (self.format, self.columns) = (format, columns) }

    mutating func write(_ rows: [JSON]) {
      switch format {
      case .ndjson: for row in rows { Console.out(row.text(.compact)) }
      case .csv:
        Listing(rows: rows, columns: columns).writeCSV(heading: isFirst)
        isFirst = isFirst && rows.isEmpty
      case .json, .table: gathered += rows
      }
    }

    func end() {
      switch format {
      case .json: Console.out(raw: JSON.array(gathered).bytes())
      case .table: Listing(rows: gathered, columns: columns).writeTable()
      case .ndjson, .csv: break
      }
    }
  }

  private func writeTable() {
    guard !rows.isEmpty else { return }
    let cells = rows.map { row in columns.map { clean($0.text(row)) } }
    let widths = fitted(
      columns.indices.map { column in
        max(columns[column].heading.displayWidth, cells.map { $0[column].displayWidth }.max() ?? 0)
      })
    write(columns.map(\.heading), widths, columns.map { _ in Style.heading })
    for row in cells { write(row, widths, columns.map(\.style)) }
  }

  private func write(_ cells: [String], _ widths: [Int], _ styles: [(String) -> String]) {
    var line = ""
    var gap = 0
    for (cell, (width, style)) in zip(cells, zip(widths, styles)) {
      let text = cell.fitting(width)
      if !text.isEmpty { line += String(repeating: " ", count: gap) + style(text) }
      gap = (text.isEmpty ? gap : 0) + width - text.displayWidth + 2
    }
    Console.out(line)
  }

  /// The widths cut down to the terminal, of the flexible columns the widest first.
  private func fitted(_ widths: [Int]) -> [Int] {
    guard let columns = Console.outColumns else { return widths }
    var widths = widths
    var excess = widths.reduce(2 * (widths.count - 1), +) - columns
    let flexible = self.columns.indices.filter { self.columns[$0].isFlexible }
    while excess > 0, let widest = flexible.max(by: { widths[$0] < widths[$1] }), widths[widest] > 8 {
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }

  /// RFC 4180, every key a column.
  private func writeCSV(heading: Bool) {
    guard let keys = rows.first?.object?.names else { return }
    func quoted(_ text: String) -> String {
      let needsQuotes = text.contains { "\",\r\n".contains($0) }
      return needsQuotes
        ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
    }
    if heading { Console.out(keys.map(quoted).joined(separator: ",")) }
    for row in rows { Console.out(keys.map { quoted(row[$0].map(plain) ?? "") }.joined(separator: ",")) }
  }

  /// A name with a newline in it must not break the table.
  private func clean(_ text: String) -> String {
    text.isPlainASCII ? text : String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
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
