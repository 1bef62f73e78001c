internal import Glibc
internal import Pipeline
internal import Synchronization

/// Ctrl-C and its like, turned into levels of a run's ``StopSource``: the first lets it finish what it does, the second
/// stops it now.
enum Signals {
  /// Where the handler, which may do next to nothing, writes the signal's number.
  /// Set once, before the handler is in place.
  nonisolated(unsafe) private static var handlerEnd: CInt = -1

  /// Takes SIGINT, SIGTERM and SIGHUP from now on. A reader of our output that goes away ends nothing any more, either.
  ///
  /// - Parameter said: told of each new level, on a thread of its own.
  static func forward(to stop: StopSource, said: @escaping @Sendable (StopSource.Level) -> Void) -> SignalReceipt {
    let receipt = SignalReceipt()
    var ends: [CInt] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return receipt }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    unsafe handlerEnd = ends[1]
    SignalThread(reading: ends[0]) { number in
      receipt.note(number)
      let level: StopSource.Level = stop.level == .none ? .drain : .now
      stop.raise(to: level)
      said(level)
    }.start()
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_handler = { number in
      var byte = UInt8(truncatingIfNeeded: number)
      _ = unsafe write(Signals.handlerEnd, &byte, 1)
    }
    action.sa_flags = SA_RESTART
    for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) { unsafe sigaction(number, &action, nil) }
    signal(SIGPIPE, SIG_IGN)
    return receipt
  }

  /// Whether the caller had the signal ignored, as nohup does.
  private static func isIgnored(_ number: CInt) -> Bool {
    var action = sigaction()
    unsafe sigaction(number, nil, &action)
    return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }
}

/// Which signal came first.
final class SignalReceipt: Sendable {
  private let number = Mutex<CInt?>(nil)

  fileprivate func note(_ signal: CInt) { number.withLock { $0 = $0 ?? signal } }

  /// 130 after Ctrl-C, 143 after TERM or a closed terminal; `nil` when no signal came.
  var exitStatus: ExitStatus? { number.withLock { $0.map { ExitStatus(rawValue: $0 == SIGINT ? 130 : 143) } } }
}

/// A thread that waits for what the handler writes.
private final class SignalThread {
  private let source: CInt
  private let receive: @Sendable (CInt) -> Void

  init(reading source: CInt, _ receive: @escaping @Sendable (CInt) -> Void) {
    (self.source, self.receive) = (source, receive)
  }

  func start() {
    var thread = pthread_t()
    let context = unsafe Unmanaged.passRetained(self).toOpaque()
    unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        let thread = unsafe Unmanaged<SignalThread>.fromOpaque(context).takeRetainedValue()
        var byte: UInt8 = 0
        while true {
          let count = unsafe read(thread.source, &byte, 1)
          if count == 1 { thread.receive(CInt(byte)) }
          if count == 0 { return nil }
        }
      }, unsafe context)
    pthread_detach(thread)
  }
}
