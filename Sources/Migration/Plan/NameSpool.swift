internal import Jobs

/// Names of which hundreds of thousands take next to no memory: all but the last ones are in a file without a name.
struct NameSpool: Sendable {
  private(set) var count = 0
  /// Where each block of names begins. Each name ends with a 0.
  private var starts: [Int64] = []
  /// What is in the file.
  private var spool: PlanSpool?
  private var written: Int64 = 0
  /// What comes behind it.
  private var tail: [UInt8] = []

  /// Names in a block.
  private static let block = 16
  /// Bytes that are held in memory, so that a plan of some ten thousand trees reads nothing back.
  private static let room = 1 << 19

  mutating func append(_ name: RawPath) {
    if count % Self.block == 0 {
      if tail.count > Self.room { spill() }
      starts.append(written + Int64(tail.count))
    }
    tail += name.bytes
    tail.append(0)
    count += 1
  }

  /// Where there is no room in the file, they stay in memory.
  private mutating func spill() {
    guard let file = spool ?? (try? PlanSpool()), (try? file.add(tail, at: written)) != nil else { return }
    spool = file
    written += Int64(tail.count)
    tail.removeAll(keepingCapacity: true)
  }

  /// - Throws: ``JobError`` with code `io`.
  func name(_ index: Int) throws(JobError) -> RawPath {
    let (block, place) = (index / Self.block, index % Self.block)
    let end = block + 1 < starts.count ? starts[block + 1] : written + Int64(tail.count)
    var names: ArraySlice<UInt8>
    if let spool, starts[block] < written {
      names = try spool.bytes(at: starts[block]..<end)[...]
    } else {
      names = tail[Int(starts[block] - written)..<Int(end - written)]
    }
    for _ in 0..<place { names = names.drop { $0 != 0 }.dropFirst() }
    return RawPath(Array(names.prefix { $0 != 0 }))
  }
}
