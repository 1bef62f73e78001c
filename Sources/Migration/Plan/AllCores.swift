internal import Dispatch
internal import Synchronization

/// What `make` gives for each number below `count`, in their order; made on all cores, a piece of the numbers at a time.
func onAllCores<Made: Sendable>(_ count: Int, piece: Int, _ make: @Sendable (Int) -> Made) -> [Made] {
  if count <= piece { return (0..<count).map(make) }
  let pieces = (count + piece - 1) / piece
  let made = Mutex<[Int: [Made]]>([:])
  DispatchQueue.concurrentPerform(iterations: pieces) { number in
    let part = (number * piece..<min((number + 1) * piece, count)).map(make)
    made.withLock { $0[number] = part }
  }
  return made.withLock { all in (0..<pieces).flatMap { all[$0] ?? [] } }
}
