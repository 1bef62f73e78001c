internal import Dispatch

/// Cuts items into pieces, works on pieces on all cores, and hands the results over in order, on the caller's thread.
///
/// A few pieces are under way at a time, so memory is bounded however many there are.
func inParallel<Item, Piece: Sendable, Result: Sendable>(
  _ items: some Sequence<Item>, pieces: (Item) -> [Piece], work: @escaping @Sendable (Piece) -> Result,
  consume: (Piece, Result) throws -> Void
) throws {
  let underWay = 12
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
      DispatchQueue.global().async { slot.fill(work(piece)) }
    }
  }
  while !waiting.isEmpty { try takeOne() }
}

/// A place for one result. Sendable, because the semaphore orders the one write before the one read.
private final class Slot<Value: Sendable>: @unchecked Sendable {
  private let ready = DispatchSemaphore(value: 0)
  private var value: Value?

  func fill(_ value: Value) {
    self.value = value
    ready.signal()
  }

  /// Once only.
  func wait() -> Value {
    ready.wait()
    return value!
  }
}
