internal import Dispatch
internal import Synchronization

/// Wakes the threads that wait for something to change in this process.
final class WakeUp: Sendable {
  private let waiting = Mutex<[DispatchSemaphore]>([])

  /// Waits until ``signal()``, and no longer than some seconds: what other processes change is not told here.
  func wait(atMost seconds: Double) {
    let turn = DispatchSemaphore(value: 0)
    waiting.withLock { $0.append(turn) }
    _ = turn.wait(timeout: .now() + seconds)
    waiting.withLock { waiting in waiting.removeAll { $0 === turn } }
  }

  /// Wakes all.
  func signal() {
    for turn in waiting.withLock({ $0 }) { turn.signal() }
  }
}
