internal import Jobs
internal import TextWidth

/// How results are written.
enum OutputFormat: String {
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
    /// Columns that it keeps while others can be left out.
    var leastReadable = 10
    /// Names what commands are given: a part of it is of no use.
    var isName = false
    /// Left out where that is not enough, the highest first; 0 for what is never left out.
    var dispensability = 0
    /// Tells in other words what another column does: no text is cut for it.
    var isExtra = false
    /// Left out where no row has anything in it.
    var isRare = false
    /// Told on lines of its own, below the row, where there is no room to read it beside the others.
    var isSentence = false
    /// A sentence that is told nowhere else.
    var isReason: Bool { isSentence && dispensability == 0 }
    /// Cut at its beginning, where it must be cut.
    var isCutAtStart = false
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
      // By fewer characters many a film is told from no other.
      if key == "title" { leastReadable = 16 }
      isName = ["job_id", "batch_id", "migration_id", "latest_job", "longest_job"].contains(key)
    }

    /// What tells why: worth more than what can be had elsewhere.
    static func reason(_ heading: String = "REASON", _ text: @escaping (JSON) -> String) -> Column {
      var column = Column(heading, isFlexible: true, text)
      (column.leastReadable, column.isSentence) = (30, true)
      return column
    }

    /// The column, readable with no less than so many columns.
    func readable(_ columns: Int) -> Column {
      var column = self
      column.leastReadable = columns
      return column
    }

    var cutAtStart: Column {
      var column = self
      column.isCutAtStart = true
      return column
    }

    var whole: Column {
      var column = self
      column.isWhole = true
      return column
    }

    var extra: Column {
      var column = dispensable(.max)
      column.isExtra = true
      return column
    }

    var rare: Column {
      var column = self
      column.isRare = true
      return column
    }

    /// The column as somebody asks for it by name: cut where it must be, but never left out.
    var asked: Column {
      var column = self
      (column.dispensability, column.isRare) = (0, false)
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
  /// The rows' keys, for the heading of a CSV without rows.
  var keys: [String] = []

  func write(_ format: OutputFormat, orSay empty: String? = nil) {
    var writer = Writer(format, columns, keys: keys)
    writer.write(rows)
    writer.end(saying: empty)
  }

  /// Writes rows as they come; only a table, whose columns are as wide as the widest cell, waits for the last.
  struct Writer {
    private let format: OutputFormat
    private let columns: [Column]
    private let keys: [String]
    private var table: TableRows
    private(set) var isEmpty = true

    /// - Parameter keys: the rows' keys, should there be no row to tell them.
    init(_ format: OutputFormat, _ columns: [Column], keys: [String]) {
      (self.format, self.columns, self.keys) = (format, columns, keys)
      table = TableRows(columns)
    }

    mutating func write(_ rows: [JSON]) {
      if rows.isEmpty { return }
      defer { isEmpty = false }
      switch format {
      case .ndjson: for row in rows { Console.out(row.text(.compact)) }
      case .csv:
        Listing(rows: rows, columns: columns).writeCSV(heading: isEmpty)
      case .json:
        for (number, row) in rows.enumerated() {
          Console.out(raw: Array((isEmpty && number == 0 ? "[\n" : ",\n").utf8) + element(row))
        }
      case .table: for row in rows { table.add(row) }
      }
    }

    /// A row as it stands in an indented list: no string holds a line's end as it is.
    private func element(_ row: JSON) -> [UInt8] {
      let lines = row.bytes().dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
      return Array(lines.map { Array("  ".utf8) + $0 }.joined(separator: [0x0A]))
    }

    /// - Parameter empty: what a person at a terminal is told where there was no row.
    func end(saying empty: String? = nil) {
      if isEmpty, format == .table, let empty, Console.errorIsRead { Console.hint(empty) }
      switch format {
      case .json: Console.out(isEmpty ? "[]" : "\n]")
      case .table: Listing.write(table, columns)
      case .csv where isEmpty && !keys.isEmpty: Listing.writeCSV(line: keys)
      case .ndjson, .csv: break
      }
    }
  }

  private static func write(_ table: TableRows, _ all: [Column]) {
    guard !table.isEmpty else { return }
    if Style.isPlain { return writeRecords(table, all) }
    let shown = all.indices.filter { !all[$0].isRare || table.isFilled[$0] }
    let columns = shown.map { all[$0] }
    let room = Console.outColumns
    let fit = TableFit(columns, shown.map { table.widths[$0] }, within: room)
    func write(_ cells: [String], _ styles: [(String) -> String]) {
      var line = ""
      var (start, gap) = (0, 0)
      var isUnsure = false
      for (column, width) in fit.columns {
        let whole = cells[column]
        let text =
          room == nil ? whole : columns[column].isCutAtStart ? whole.fittingAtEnd(width) : whole.fitting(width)
        if text.isEmpty {
          gap += width + 2
        } else {
          // Where terminals may not agree on what came before, a cell is put into its column by the terminal itself.
          line += isUnsure ? "\u{1B}[\(start + 1)G" : String(repeating: " ", count: gap)
          line += styles[column](text)
          isUnsure = Console.outIsTerminal && text.displayWidth != text.greatestWidth
          gap = width - text.displayWidth + 2
        }
        start += width + 2
      }
      Console.out(line)
    }
    write(columns.map(\.heading), columns.map { _ in Style.heading })
    table.forEach { cells in
      let row = shown.map { cells[$0] }
      // A reason that its column does not hold stands whole below its row.
      let long = fit.columns.filter { column, width in
        room != nil && columns[column].isReason && row[column].greatestWidth > width
      }.map { $0.column }
      write(row.indices.map { long.contains($0) ? "" : row[$0] }, columns.map(\.style))
      for column in fit.below + long where !row[column].isEmpty {
        Console.out(wrapping: "  " + row[column], hanging: 2)
      }
    }
  }

  /// For screen readers, which read line by line: of each row what there is, a line each, with its name before it.
  private static func writeRecords(_ table: TableRows, _ columns: [Column]) {
    var isFirst = true
    table.forEach { cells in
      if !isFirst { Console.out("") }
      isFirst = false
      for (column, text) in zip(columns, cells) where !text.isEmpty { Console.out("\(column.heading): \(text)") }
    }
  }

  /// RFC 4180, every key a column.
  private func writeCSV(heading: Bool) {
    guard let keys = rows.first?.object?.names else { return }
    if heading { Self.writeCSV(line: keys) }
    for row in rows { Self.writeCSV(line: keys.map { row[$0].map(plain) ?? "" }) }
  }

  private static func writeCSV(line: [String]) {
    let quote = UInt8(ascii: "\"")
    let special = Array("\",\r\n".utf8)
    // By bytes: with an accent after it a quote is another character, and so are both ends of a line together.
    func quoted(_ text: String) -> String {
      guard text.utf8.contains(where: special.contains) else { return text }
      let bytes = text.utf8.flatMap { $0 == quote ? [quote, quote] : [$0] }
      return "\"\(String(decoding: bytes, as: UTF8.self))\""
    }
    Console.out(line.map(quoted).joined(separator: ","))
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
