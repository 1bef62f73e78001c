#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif
internal import Synchronization

/// A stage that was asked to stop by SIGINT, SIGTERM or SIGHUP.
///
/// The signals are blocked everywhere and waited for by a thread of their own, so that no handler runs in the middle of
/// anything: the first one cancels the work, which ends its programs; a second one ends the process at once.
struct Interruption: Error, CustomStringConvertible {
  var signal: Int32

  var description: String { "interrupted by signal \(signal)" }

  /// What a shell would report.
  var exitStatus: Int32 { 128 + signal }

  /// The one that was received, if any.
  static var received: Interruption? { state.withLock { $0.signal.map { Interruption(signal: $0) } } }

  private struct State {
    var signal: Int32?
    var stop: (@Sendable () -> Void)?
  }

  private static let state = Mutex(State())

  /// Holds the signals back. Called before any other thread is there, so that all inherit it.
  static func block() {
    var signals = watched
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }

  /// Calls `stop` when one comes.
  static func watch(_ stop: @escaping @Sendable () -> Void) {
    state.withLock { $0.stop = stop }
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { _ in
        while true {
          var signals = Interruption.watched
          var number: Int32 = 0
          guard sigwait(&signals, &number) == 0 else { continue }
          let stop = Interruption.state.withLock { state in
            if state.signal != nil { _exit(128 + number) }
            state.signal = number
            return state.stop
          }
          stop?()
        }
      }, nil)
  }

  private static var watched: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
    return signals
  }
}
