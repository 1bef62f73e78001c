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
    /// Left out where that is not enough, the highest first; 0 for what is never left out.
    var dispensability = 0
    /// Never cut, though the line then be broken: it is told nowhere else.
    var isWhole = false
    var text: (JSON) -> String

    init(_ heading: String, isFlexible: Bool = false, _ text: @escaping (JSON) -> String) {
      (self.heading, self.isFlexible, self.text) = (heading, isFlexible, text)
    }

    /// The column of a member, as it is.
    init(_ heading: String, key: String, style: @escaping (String) -> String = { $0 }, isFlexible: Bool = false) {
      self.init(heading, isFlexible: isFlexible) { $0[key].map(plain) ?? "" }
      self.style = style
    }

    var whole: Column {
      var column = self
      column.isWhole = true
      return column
    }

    /// The column, to be left out of narrow tables before all with a lower number.
    func dispensable(_ rank: Int) -> Column {
      var column = self
      column.dispensability = rank
      return column
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
    let cells = rows.map { row in columns.map { $0.text(row).onOneLine } }
    let natural = columns.indices.map { column in
      max(columns[column].heading.displayWidth, cells.map { $0[column].displayWidth }.max() ?? 0)
    }
    let fit = TableFit(columns, natural, within: Console.outColumns)
    func write(_ cells: [String], _ styles: [(String) -> String]) {
      var line = ""
      var gap = 0
      for (column, width) in fit.columns {
        let text = cells[column].fitting(width)
        if !text.isEmpty { line += String(repeating: " ", count: gap) + styles[column](text) }
        gap = (text.isEmpty ? gap : 0) + width - text.displayWidth + 2
      }
      Console.out(line)
    }
    write(columns.map(\.heading), columns.map { _ in Style.heading })
    for row in cells { write(row, columns.map(\.style)) }
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
}

/// A value as a cell: texts and numbers as they are, nothing for null, lists and objects as JSON.
func plain(_ value: JSON) -> String {
  switch value {
  case .null: ""
  case .string, .opaque: value.string ?? ""
  default: value.text(.compact)
  }
}
