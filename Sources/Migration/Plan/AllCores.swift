internal import Dispatch

/// What `make` gives for each number below `count`, in their order; made on all cores, a piece of the numbers at a time.
func onAllCores<Made: Sendable>(_ count: Int, piece: Int, _ make: @Sendable (Int) -> Made) -> [Made] {
  if count <= piece { return (0..<count).map(make) }
  return unsafe [Made](unsafeUninitializedCapacity: count) { places, initialized in
    // Each place is written by one thread, once.
    nonisolated(unsafe) let places = unsafe places
    DispatchQueue.concurrentPerform(iterations: (count + piece - 1) / piece) { part in
      for number in (part * piece)..<min((part + 1) * piece, count) {
        unsafe places.initializeElement(at: number, to: make(number))
      }
    }
    initialized = count
  }
}
