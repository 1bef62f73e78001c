internal import Glibc
internal import SystemPackage

/// Starts a thread for `body`.
///
/// - Throws: `Errno` where the system has none to give.
func startThread(_ body: @escaping @Sendable () -> Void) throws -> pthread_t {
  final class Call: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  let call = unsafe Unmanaged.passRetained(Call(body))
  var thread = pthread_t()
  let code = unsafe pthread_create(
    &thread, nil,
    { context in
      if let context = unsafe context { unsafe Unmanaged<Call>.fromOpaque(context).takeRetainedValue().body() }
      return nil
    }, call.toOpaque())
  guard code == 0 else {
    unsafe call.release()
    throw Errno(rawValue: code)
  }
  return thread
}

/// The processor's cores, four at most: with more, memory grows and the disk is what is waited for.
public let defaultWorkers = max(1, min(4, sysconf(CInt(_SC_NPROCESSORS_ONLN))))
