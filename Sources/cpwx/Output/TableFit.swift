/// Which columns of a table a terminal has room for, and how wide each is.
///
/// Texts that can be cut are cut first, as long as they can be read, then what can be spared is left out, then sentences get
/// lines of their own below their rows, then everything is cut: the names of jobs, which commands want whole, last of all.
struct TableFit {
  /// Indexes into the table's columns, and widths.
  private(set) var columns: [(column: Int, width: Int)]
  /// Those that are told below the rows.
  private(set) var below: [Int] = []

  private static let gap = 2
  /// What a text is cut down to where there are no columns to be spared.
  private static let least = 4

  /// - Parameters:
  ///   - natural: the widths that hold every cell.
  ///   - room: columns of the terminal; `nil` where nothing need be cut.
  init(_ all: [Listing.Column], _ natural: [Int], within room: Int?) {
    columns = all.indices.map { ($0, natural[$0]) }
    // What is never cut makes no others give way.
    guard let room, !all.contains(where: \.isWhole) else { return }
    if fit(Array(all.indices), of: all, natural, within: room) { return }
    below = all.indices.filter { all[$0].isReason }
    if !below.isEmpty, fit(all.indices.filter { !below.contains($0) }, of: all, natural, within: room) { return }
    narrow(to: room, least: { _ in Self.least }) { all[$0].isFlexible }
    narrow(to: room, least: { _ in Self.least }) { !all[$0].isName }
    narrow(to: room, least: { _ in Self.least }) { _ in true }
  }

  /// Leaves out what can be spared, until the rest can be read; what was left out before a wider one comes back where that
  /// one's room holds it.
  private mutating func fit(
    _ wanted: [Int], of all: [Listing.Column], _ natural: [Int], within room: Int
  ) -> Bool {
    let dispensable = wanted.filter { all[$0].dispensability > 0 }
      .sorted { (all[$0].dispensability, $0) > (all[$1].dispensability, $1) }
    for left in 0...dispensable.count {
      let spared = Set(dispensable.prefix(left))
      columns = wanted.filter { !spared.contains($0) }.map { ($0, natural[$0]) }
      if dispensable.dropFirst(left).contains(where: { all[$0].isExtra }), excess(over: room) > 0 { continue }
      narrow(to: room, least: { all[$0].leastReadable }) { all[$0].isFlexible }
      if excess(over: room) > 0 { continue }
      for column in dispensable.prefix(left).reversed() where excess(over: room) + Self.gap + natural[column] <= 0 {
        columns.append((column, natural[column]))
        columns.sort { $0.column < $1.column }
      }
      return true
    }
    return false
  }

  private func excess(over room: Int) -> Int {
    columns.reduce(Self.gap * (columns.count - 1)) { $0 + $1.width } - room
  }

  /// Takes of the widest, one column of the screen after the other.
  private mutating func narrow(to room: Int, least: (Int) -> Int, where gives: (Int) -> Bool) {
    var excess = excess(over: room)
    let giving = columns.indices.filter { gives(columns[$0].column) }
    func spare(_ index: Int) -> Bool { columns[index].width > least(columns[index].column) }
    while excess > 0, let widest = giving.filter(spare).max(by: { columns[$0].width < columns[$1].width }) {
      columns[widest].width -= 1
      excess -= 1
    }
  }
}
