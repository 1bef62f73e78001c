/// Numbers of logs by what their names tell of: one list, which takes a fifth of what a dictionary of lists does.
struct LogNumbers: Sendable {
  private var pairs: [(key: UInt64, log: Int)] = []
  private var isSorted = true

  mutating func add(_ log: Int, under key: UInt64) {
    pairs.append((key, log))
    isSorted = false
  }

  /// To be called when all are added.
  mutating func sort() {
    pairs.sort { $0 < $1 }
    isSorted = true
  }

  /// Those under a key, in their order.
  subscript(key: UInt64) -> [Int] {
    assert(isSorted)
    var (low, high) = (0, pairs.count)
    while low < high {
      let middle = (low + high) / 2
      if pairs[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return pairs[low...].prefix { $0.key == key }.map(\.log)
  }
}
