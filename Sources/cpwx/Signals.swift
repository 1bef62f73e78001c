internal import Glibc
internal import Pipeline
internal import Synchronization

/// Ctrl-C and its like: the first asks a run to finish what it does, the second to stop now.
enum Signals {
  /// Keeps the signals from every thread; ``forward(to:)`` takes them up, ``letThrough()`` gives them back.
  static func holdBack() {
    var set = ending
    pthread_sigmask(SIG_BLOCK, &set, nil)
    signal(SIGPIPE, SIG_IGN)
  }

  /// Lets the signals end the process at once, as they do by default.
  static func letThrough() {
    var set = ending
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
    signal(SIGPIPE, SIG_DFL)
  }

  /// Turns signals into levels of `stop` from now on.
  ///
  /// - Parameter said: told of each new level, on a thread of its own.
  static func forward(to stop: StopSource, said: @escaping @Sendable (StopSource.Level) -> Void) -> SignalReceipt {
    let receipt = SignalReceipt()
    let thread = SignalThread { number in
      receipt.note(number)
      let level: StopSource.Level = stop.level == .none ? .drain : .now
      stop.raise(to: level)
      said(level)
    }
    thread.start()
    return receipt
  }

  fileprivate static var ending: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, signal) }
    return set
  }
}

/// Which signal came first.
final class SignalReceipt: Sendable {
  private let number = Mutex<CInt?>(nil)

  fileprivate func note(_ signal: CInt) { number.withLock { $0 = $0 ?? signal } }

  /// 130 after Ctrl-C, 143 after TERM, by the shells' convention; `nil` when no signal came.
  var exitStatus: ExitStatus? { number.withLock { $0.map { ExitStatus(rawValue: 128 + $0) } } }
}

/// A thread that waits for the signals that are held back.
private final class SignalThread {
  private let receive: @Sendable (CInt) -> Void

  init(_ receive: @escaping @Sendable (CInt) -> Void) { self.receive = receive }

  func start() {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self).toOpaque()
    pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let thread = Unmanaged<SignalThread>.fromOpaque(context).takeRetainedValue()
        var set = Signals.ending
        while true {
          var number: CInt = 0
          if sigwait(&set, &number) == 0 { thread.receive(number) }
        }
      }, context)
    pthread_detach(thread)
  }
}
