internal import Glibc

/// A few slots that go round. Numbered items are put into them in order, go through stages on threads of their own, and when
/// all stages are done with an item its slot is free for a later one: so memory is bounded, and no buffer is made twice.
///
/// Sendable, because every property is only touched under the mutex.
@safe final class Ring: @unchecked Sendable {
  struct Stages: OptionSet, Sendable { let rawValue: UInt8 }

  let size: Int
  private let all: Stages
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  /// One for each slot, so that nobody is woken for what happens in another.
  private let conditions: UnsafeMutablePointer<pthread_cond_t>
  /// The item in each slot, and the stages that are done with it.
  private var items: [Int?]
  private var done: [Stages]
  private var count: Int?
  private var taken = 0
  private var failure: (any Error)?

  /// - Parameter all: the stages after which a slot is free.
  init(size: Int, all: Stages) {
    self.size = size
    self.all = all
    items = Array(repeating: nil, count: size)
    done = Array(repeating: [], count: size)
    unsafe conditions = .allocate(capacity: size)
    unsafe pthread_mutex_init(mutex, nil)
    for slot in 0..<size { unsafe pthread_cond_init(conditions + slot, nil) }
  }

  deinit {
    for slot in 0..<size { unsafe pthread_cond_destroy(conditions + slot) }
    unsafe pthread_mutex_destroy(mutex)
    unsafe conditions.deallocate()
    unsafe mutex.deallocate()
  }

  func slot(of item: Int) -> Int { item % size }

  /// Runs the stages' bodies to their ends, on a thread each, the last on this one.
  ///
  /// - Throws: what the first of them threw, or that the system had not threads enough: nothing is done by some alone,
  ///   as they wait for each other.
  func run(_ bodies: [@Sendable () throws -> Void]) throws {
    @Sendable func carryOut(_ body: () throws -> Void) {
      do { try body() } catch { fail(error) }
    }
    var threads: [pthread_t] = []
    do {
      for body in bodies.dropLast() { threads.append(try startThread { carryOut(body) }) }
      bodies.last.map(carryOut)
    } catch {
      fail(ArchiveError(.io, "the system has no thread to spare", underlying: error))
    }
    for thread in threads { pthread_join(thread, nil) }
    if let failure { throw failure }
  }

  /// Waits for a free slot for the next item. `false`: the work is to stop.
  func claim(_ item: Int) -> Bool {
    locked {
      let slot = slot(of: item)
      return waiting(at: slot) { items[slot] == nil || done[slot] == all ? true : nil } ?? false
    }
  }

  /// Puts an item in; with the stages that it need not go through.
  func put(_ item: Int, done stages: Stages) {
    locked {
      items[slot(of: item)] = item
      done[slot(of: item)] = stages
      wake(at: slot(of: item))
    }
  }

  /// There will be no items from this one on.
  func end(before item: Int) {
    locked {
      count = item
      wakeAll()
    }
  }

  func finish(_ stages: Stages, of item: Int) {
    locked {
      done[slot(of: item)].formUnion(stages)
      wake(at: slot(of: item))
    }
  }

  /// Waits until `stages` are done with an item. `false`: there is no such item, or the work is to stop.
  func wait(for stages: Stages, of item: Int) -> Bool {
    locked {
      waiting(at: slot(of: item)) {
        if items[slot(of: item)] == item, done[slot(of: item)].isSuperset(of: stages) { return true }
        if let count, item >= count { return false }
        return nil
      } ?? false
    }
  }

  /// A stage on one thread: each item, in order, once the stages before are done with it.
  func each(
    after before: Stages, finishing stage: Stages, from first: Int = 0, _ body: (Int) throws -> Void
  ) throws {
    var item = first
    while wait(for: before, of: item) {
      try body(item)
      finish(stage, of: item)
      item += 1
    }
  }

  /// A stage on several threads, which share the items.
  func share(after before: Stages, finishing stage: Stages, _ body: (Int) throws -> Void) throws {
    while true {
      let item = locked {
        taken += 1
        return taken - 1
      }
      guard wait(for: before, of: item) else { return }
      try body(item)
      finish(stage, of: item)
    }
  }

  func fail(_ error: any Error) {
    locked {
      if failure == nil { failure = error }
      wakeAll()
    }
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return body()
  }

  private func wake(at slot: Int) { unsafe pthread_cond_broadcast(conditions + slot) }

  private func wakeAll() { for slot in 0..<size { wake(at: slot) } }

  /// Waits, under the mutex, until the answer is there; `nil` when something has failed.
  ///
  /// - Parameter slot: all that the answer depends on.
  private func waiting<Answer>(at slot: Int, _ answer: () -> Answer?) -> Answer? {
    while failure == nil {
      if let found = answer() { return found }
      unsafe pthread_cond_wait(conditions + slot, mutex)
    }
    return nil
  }
}
