#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Synchronization

/// A stage that was asked to stop by SIGINT, SIGTERM or SIGHUP.
///
/// The signals are blocked in every thread but waited for by the first one, so that no handler runs in the middle of
/// anything: the first signal cancels the work, which ends its programs; a second one ends the process at once.
struct Interruption: Error, CustomStringConvertible {
  var signal: Int32

  var description: String { "interrupted by signal \(signal)" }

  /// What a shell would report.
  var exitStatus: Int32 { 128 + signal }

  /// The one that was received, if any.
  static var received: Interruption? { first.withLock { $0.map { Interruption(signal: $0) } } }

  private static let first = Mutex<Int32?>(nil)

  /// Holds the signals back. Called before any other thread is there, so that all inherit it.
  static func block() {
    var signals = watched
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Waits for signals as long as the process lives, and calls `stop` at the first one.
  static func wait(_ stop: () -> Void) -> Never {
    while true {
      var signals = watched
      var number: Int32 = 0
      guard unsafe sigwait(&signals, &number) == 0 else { continue }
      let isSecond = first.withLock { first in
        defer { first = first ?? number }
        return first != nil
      }
      if isSecond { _exit(128 + number) }
      stop()
    }
  }

  private static var watched: sigset_t {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&signals, signal) }
    return signals
  }
}
