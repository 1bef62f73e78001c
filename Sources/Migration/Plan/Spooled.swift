internal import Jobs

/// Values of one size, of which hundreds of thousands take next to no memory: all but the last ones are in a file without a name.
///
/// Copies have the file in common, so that only one of them may be changed. All can be read, by several threads.
struct Spooled<Value: BitwiseCopyable & Sendable>: Sendable {
  /// How many are held in memory, so that a plan of some ten thousand trees reads nothing back.
  private let room: Int
  private var file: PlanSpool?
  /// How many are in the file.
  private var written = 0
  /// What comes behind those.
  private var tail: [Value] = []

  init(room: Int = 1 << 14) { self.room = room }

  var count: Int { written + tail.count }

  /// - Throws: ``JobError`` with code `io` where the file has no room.
  mutating func append(_ value: Value) throws(JobError) {
    tail.append(value)
    if tail.count >= room { try spill() }
  }

  /// - Throws: ``JobError`` with code `io` where the file has no room.
  mutating func append(_ values: [Value]) throws(JobError) {
    tail += values
    if tail.count >= room { try spill() }
  }

  private mutating func spill() throws(JobError) {
    if file == nil { file = try PlanSpool() }
    try file?.write(tail, at: written)
    written += tail.count
    tail.removeAll(keepingCapacity: true)
  }

  /// - Throws: ``JobError`` with code `io`.
  subscript(index: Int) -> Value {
    get throws(JobError) {
      if let file, index < written { return try file.values(index..<(index + 1))[0] }
      return tail[index - written]
    }
  }

  /// - Throws: ``JobError`` with code `io`.
  mutating func set(_ index: Int, to value: Value) throws(JobError) {
    if index >= written { tail[index - written] = value } else { try file?.write([value], at: index) }
  }

  /// - Throws: ``JobError`` with code `io`.
  func values(_ range: Range<Int>) throws(JobError) -> ArraySlice<Value> {
    let inner = tail[max(range.lowerBound - written, 0)..<max(range.upperBound - written, 0)]
    guard let file, range.lowerBound < written else { return inner }
    return try file.values(range.lowerBound..<min(range.upperBound, written))[...] + inner
  }

  /// Hands over values one behind the other.
  struct Reader {
    private let values: Spooled
    private var rest: Range<Int>
    private var piece: ArraySlice<Value> = []

    fileprivate init(_ values: Spooled, _ range: Range<Int>) { (self.values, rest) = (values, range) }

    /// - Throws: ``JobError`` with code `io`.
    mutating func next() throws(JobError) -> Value? {
      if piece.isEmpty, !rest.isEmpty {
        let end = min(rest.lowerBound + 512, rest.upperBound)
        piece = try values.values(rest.lowerBound..<end)
        rest = end..<rest.upperBound
      }
      return piece.popFirst()
    }
  }

  func reader(_ range: Range<Int>) -> Reader { Reader(self, range) }

  /// Hands over each with its index.
  ///
  /// - Throws: ``JobError`` with code `io`, and what `body` throws.
  func forEach(_ body: (Int, Value) throws -> Void) throws {
    var values = reader(0..<count)
    for index in 0..<count {
      guard let value = try values.next() else { return }
      try body(index, value)
    }
  }

  /// Orders them: as many as are held in memory at a time, and then two of such runs into one, until there is but one.
  ///
  /// - Throws: ``JobError`` with code `io`.
  mutating func sort(by isBefore: (Value, Value) -> Bool) throws(JobError) {
    if file == nil { return tail.sort(by: isBefore) }
    var sorted = Spooled(room: room)
    for start in stride(from: 0, to: count, by: room) {
      try sorted.append(values(start..<min(start + room, count)).sorted(by: isBefore))
    }
    var length = room
    while length < count {
      var merged = Spooled(room: room)
      for start in stride(from: 0, to: count, by: 2 * length) {
        let (middle, end) = (min(start + length, count), min(start + 2 * length, count))
        var (left, right) = (sorted.reader(start..<middle), sorted.reader(middle..<end))
        var (one, other) = (try left.next(), try right.next())
        while let value = one ?? other {
          if let next = other, one.map({ isBefore(next, $0) }) ?? true {
            try merged.append(next)
            other = try right.next()
          } else {
            try merged.append(value)
            one = try left.next()
          }
        }
      }
      sorted = merged
      length *= 2
    }
    self = sorted
  }
}

/// Strings of bytes, as many, in as little memory.
struct SpooledBytes: Sendable {
  private var bytes = Spooled<UInt8>(room: 1 << 19)
  /// Where each ends.
  private var ends = Spooled<Int64>()

  var count: Int { ends.count }

  /// - Throws: ``JobError`` with code `io` where the file has no room.
  mutating func append(_ string: [UInt8]) throws(JobError) {
    try bytes.append(string)
    try ends.append(Int64(bytes.count))
  }

  /// - Throws: ``JobError`` with code `io`.
  subscript(index: Int) -> [UInt8] {
    get throws(JobError) {
      let start = index == 0 ? 0 : Int(try ends[index - 1])
      return Array(try bytes.values(start..<Int(ends[index])))
    }
  }
}
