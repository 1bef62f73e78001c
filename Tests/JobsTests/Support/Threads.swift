import Dispatch
import Foundation

/// Runs `body` on a thread with so many bytes of stack, and waits for it.
func onThread(stackSize: Int, _ body: @escaping @Sendable () -> Void) {
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    body()
    done.signal()
  }
  thread.stackSize = stackSize
  thread.start()
  done.wait()
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
