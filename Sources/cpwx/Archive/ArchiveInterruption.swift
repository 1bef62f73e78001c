internal import Glibc
internal import Pipeline

/// Ctrl-C, TERM and a closed terminal end what an archive is read for at once, and what was begun is removed before.
struct ArchiveInterruption: Sendable {
  private let stop: StopSource
  private let receipt: SignalReceipt

  init() throws {
    let stop = try StopSource()
    self.stop = stop
    // Who presses it again does not want to wait; the next command sweeps.
    receipt = Signals.forward(to: stop) { level in if level == .now { _exit(130) } }
  }

  /// To be called as the work goes on.
  ///
  /// - Throws: `CancellationError` once a signal has come.
  func check() throws { if stop.level != .none { throw CancellationError() } }

  var exitStatus: ExitStatus { receipt.exitStatus ?? ExitStatus(rawValue: 130) }
}
