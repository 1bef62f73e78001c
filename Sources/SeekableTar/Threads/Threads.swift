internal import Glibc

/// Runs each of `bodies` on a thread of its own, and waits for all.
func onThreads(_ bodies: [@Sendable () -> Void]) {
  final class Call: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var threads: [pthread_t] = []
  for body in bodies.dropLast() {
    let call = unsafe Unmanaged.passRetained(Call(body))
    var thread = pthread_t()
    let code = unsafe pthread_create(
      &thread, nil,
      { context in
        if let context = unsafe context { unsafe Unmanaged<Call>.fromOpaque(context).takeRetainedValue().body() }
        return nil
      }, call.toOpaque())
    // They wait for each other: with one missing the others would wait for ever.
    guard code == 0 else { fatalError("no thread to be had (error \(code))") }
    threads.append(thread)
  }
  bodies.last?()
  for thread in threads { pthread_join(thread, nil) }
}

/// The processor's cores, four at most: with more, memory grows and the disk is what is waited for.
public let defaultWorkers = max(1, min(4, sysconf(CInt(_SC_NPROCESSORS_ONLN))))
