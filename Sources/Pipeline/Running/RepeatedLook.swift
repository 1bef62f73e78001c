internal import Dispatch

/// Looks for something again and again, on a thread of its own, for as long as this lives.
final class RepeatedLook {
  private let timer: any DispatchSourceTimer

  /// - Parameter pause: seconds between looks, and before the first.
  init(every pause: Double, _ look: @escaping @Sendable () -> Void) {
    timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + pause, repeating: pause, leeway: .milliseconds(100))
    timer.setEventHandler(handler: look)
    timer.activate()
  }

  deinit { timer.cancel() }
}
