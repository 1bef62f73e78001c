#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Runs `body` on so many threads of their own, and waits for all: they block, for hours maybe, which no shared pool is for.
public func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  var threads: [StartedThread] = []
  for number in 0..<count {
    if let thread = StartedThread({ body(number) }) {
      threads.append(thread)
    } else {
      // No thread to be had: this one does its work.
      body(number)
    }
  }
  for thread in threads { thread.join() }
}

/// A thread of its own, to be waited for once.
public struct StartedThread: Sendable {
  private final class Call: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private let thread: pthread_t

  /// Starts it; `nil` when there is none to be had.
  public init?(_ body: @escaping @Sendable () -> Void) {
    let call = unsafe Unmanaged.passRetained(Call(body))
    var thread = pthread_t()
    let code = unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<Call>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, unsafe call.toOpaque())
    guard code == 0 else {
      unsafe call.release()
      return nil
    }
    self.thread = thread
  }

  public func join() { pthread_join(thread, nil) }
}
