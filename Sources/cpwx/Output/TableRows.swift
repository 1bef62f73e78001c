internal import Jobs
internal import TextWidth

/// Rows of a table, which wait for the last one, since a column is as wide as its widest cell. There may be a hundred
/// thousand: of each there is the text of its cells alone, in pieces of memory that never grow into larger ones.
struct TableRows {
  private let columns: [Listing.Column]
  private let isOnTerminal = Console.outColumns != nil
  /// Of the widest text of each column, its heading's too.
  private(set) var widths: [Int]
  /// Whether a column has a text in any row.
  private(set) var isFilled: [Bool]
  private var pieces: [[UInt8]] = []

  private static let pieceSize = 1 << 16
  /// Ends a cell: a text on one line holds no such sign.
  private static let end: UInt8 = 0x0A

  init(_ columns: [Listing.Column]) {
    self.columns = columns
    widths = columns.map { _ in 0 }
    isFilled = columns.map { _ in false }
    for (number, column) in columns.enumerated() { widths[number] = width(column.heading) }
  }

  /// Of terminals, which may not agree, the one's that takes most.
  private func width(_ text: String) -> Int { isOnTerminal ? text.greatestWidth : text.displayWidth }

  var isEmpty: Bool { pieces.isEmpty }

  mutating func add(_ row: JSON) {
    var line: [UInt8] = []
    for (number, column) in columns.enumerated() {
      let cell = column.text(row).onOneLine
      line += cell.utf8
      line.append(Self.end)
      if cell.isEmpty { continue }
      isFilled[number] = true
      widths[number] = max(widths[number], width(cell))
    }
    if pieces.last.map({ $0.count + line.count > Self.pieceSize }) ?? true {
      pieces.append([])
      pieces[pieces.count - 1].reserveCapacity(max(Self.pieceSize, line.count))
    }
    pieces[pieces.count - 1] += line
  }

  /// Hands over the cells of each row.
  func forEach(_ body: ([String]) -> Void) {
    for piece in pieces {
      var cells: [String] = []
      var start = 0
      while let end = piece[start...].firstIndex(of: Self.end) {
        cells.append(String(decoding: piece[start..<end], as: UTF8.self))
        start = end + 1
        if cells.count == columns.count {
          body(cells)
          cells.removeAll(keepingCapacity: true)
        }
      }
    }
  }
}
