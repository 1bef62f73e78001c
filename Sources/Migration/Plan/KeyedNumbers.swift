internal import Jobs

/// Numbers by keys, in the order of both, in next to no memory. One may be there several times.
struct KeyedNumbers: Sendable {
  private struct Pair: BitwiseCopyable {
    let key: UInt64
    let number: Int
  }

  private var pairs = Spooled<Pair>()
  /// The first key of each block of pairs.
  private var blocks: [UInt64] = []
  private static let block = 128

  var count: Int { pairs.count }

  /// - Throws: ``JobError`` with code `io` where there is no room.
  mutating func add(_ number: Int, under key: UInt64) throws(JobError) {
    try pairs.append(Pair(key: key, number: number))
  }

  /// To be called when all are added.
  ///
  /// - Throws: ``JobError`` with code `io`.
  mutating func sort() throws(JobError) {
    try pairs.sort { ($0.key, $0.number) < ($1.key, $1.number) }
    blocks = []
    for place in stride(from: 0, to: count, by: Self.block) { blocks.append(try pairs[place].key) }
  }

  /// Those under a key, in their order.
  ///
  /// - Throws: ``JobError`` with code `io`.
  subscript(key: UInt64) -> [Int] { get throws(JobError) { try numbers(under: key...key) } }

  /// Those under some keys.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func numbers(under keys: ClosedRange<UInt64>) throws(JobError) -> [Int] {
    var found: [Int] = []
    // The last block that begins before them may end with some.
    let first = max(blocks.firstPlace { $0 >= keys.lowerBound } - 1, 0)
    for block in blocks.indices[first...].prefix(while: { blocks[$0] <= keys.upperBound }) {
      let start = block * Self.block
      let piece = try pairs.values(start..<min(start + Self.block, count))
      let pairs = piece[piece.firstPlace { $0.key >= keys.lowerBound }...].prefix { $0.key <= keys.upperBound }
      found += pairs.map(\.number)
    }
    return found
  }

  /// Hands over each key with what is under it.
  ///
  /// - Throws: ``JobError`` with code `io`, and what `body` throws.
  func forEach(_ body: (UInt64, [Int]) throws -> Void) throws {
    var (key, numbers): (UInt64, [Int]) = (0, [])
    try pairs.forEach { _, pair in
      if pair.key != key, !numbers.isEmpty {
        try body(key, numbers)
        numbers = []
      }
      key = pair.key
      numbers.append(pair.number)
    }
    if !numbers.isEmpty { try body(key, numbers) }
  }
}
