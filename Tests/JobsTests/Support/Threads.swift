import Foundation

/// Runs `body` on `count` threads at once and waits for all.
func onThreads(_ count: Int, stackSize: Int? = nil, _ body: @escaping @Sendable (Int) -> Void) {
  let group = DispatchGroup()
  for index in 0..<count {
    group.enter()
    let thread = Thread {
      body(index)
      group.leave()
    }
    if let stackSize { thread.stackSize = stackSize }
    thread.start()
  }
  group.wait()
}

/// A value that several threads change.
final class Shared<Value: Sendable>: @unchecked Sendable {
  // Unchecked, because every access goes through the lock.
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) { self.value = value }

  func change(_ body: (inout Value) -> Void) { lock.withLock { body(&value) } }

  var current: Value { lock.withLock { value } }
}
