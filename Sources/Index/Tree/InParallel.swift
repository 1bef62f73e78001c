internal import Dispatch
internal import Glibc
internal import Synchronization

/// Cuts items into pieces, works on pieces on all cores, and hands the results over in order, on the caller's thread.
///
/// A few pieces are under way at a time, so memory is bounded however many there are.
func inParallel<Item, Piece: Sendable, Result: Sendable>(
  _ items: some Sequence<Item>, pieces: (Item) -> [Piece], work: @escaping @Sendable (Piece) -> Result,
  consume: (Piece, Result) throws -> Void
) throws {
  let underWay = 12
  // Twice as many threads as cores: some work while others wait for the disk. Each queue has a thread of its own.
  let threads = min(underWay, 2 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  let queues = (0..<threads).map { DispatchQueue(label: "cpwx.index.\($0)") }
  var count = 0
  var waiting: [(piece: Piece, slot: Slot<Result>)] = []
  func takeOne() throws {
    let next = waiting.removeFirst()
    try consume(next.piece, next.slot.wait())
  }
  defer {
    for rest in waiting { _ = rest.slot.wait() }
  }
  for item in items {
    for piece in pieces(item) {
      if waiting.count == underWay { try takeOne() }
      let slot = Slot<Result>()
      waiting.append((piece, slot))
      queues[count % threads].async { slot.fill(work(piece)) }
      count += 1
    }
  }
  while !waiting.isEmpty { try takeOne() }
}

/// A place for one result.
private final class Slot<Value: Sendable>: Sendable {
  private let ready = DispatchSemaphore(value: 0)
  private let value = Mutex<Value?>(nil)

  func fill(_ result: Value) {
    value.withLock { $0 = result }
    ready.signal()
  }

  /// Once only.
  func wait() -> Value {
    ready.wait()
    return value.withLock { $0 }!
  }
}
