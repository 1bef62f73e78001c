#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Runs `body` on so many threads of their own, and waits for all: they block, for hours maybe, which no shared pool is for.
public func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  final class Call: Sendable {
    let number: Int
    let body: @Sendable (Int) -> Void
    init(_ number: Int, _ body: @escaping @Sendable (Int) -> Void) { (self.number, self.body) = (number, body) }
  }
  var threads: [pthread_t] = []
  for number in 0..<count {
    let call = Unmanaged.passRetained(Call(number, body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let call = Unmanaged<Call>.fromOpaque(context).takeRetainedValue()
        call.body(call.number)
        return nil
      }, call.toOpaque())
    if code == 0 {
      threads.append(thread)
    } else {
      // No thread to be had: this one does its work.
      call.release()
      body(number)
    }
  }
  for thread in threads { pthread_join(thread, nil) }
}
