internal import Synchronization
internal import SystemPackage

/// Tells whoever runs the stage how far it is: lines `cpwx:progress 0.42 text` on standard output, five a second at
/// most, never backwards.
final class Progress: Sendable {
  private struct State {
    var fraction = -1.0
    var last: ContinuousClock.Instant?
  }

  private let state = Mutex(State())
  private let interval: Duration

  init(interval: Duration = .milliseconds(200)) { self.interval = interval }

  /// - Parameters:
  ///   - fraction: 0 to 1.
  ///   - text: a few words, or nothing.
  func report(_ fraction: Double, _ text: String = "") {
    guard fraction.isFinite else { return }
    let fraction = min(1, max(0, fraction))
    let now = ContinuousClock.now
    let isDue = state.withLock { state in
      let isSoon = state.last.map { now - $0 < interval } ?? false
      guard fraction > state.fraction, !isSoon || fraction == 1 else { return false }
      state.fraction = fraction
      state.last = now
      return true
    }
    guard isDue else { return }
    let percent = Int((fraction * 1000).rounded())
    let digits = String(percent + 1000).dropFirst()
    let number = percent >= 1000 ? "1.000" : "0.\(digits)"
    writeLine("cpwx:progress \(number)\(text.isEmpty ? "" : " \(text)")", to: .standardOutput)
  }

  /// Reports the progress of a part of the work as a part of the whole.
  func part(_ range: ClosedRange<Double>, _ text: String = "") -> @Sendable (Double) -> Void {
    { self.report(range.lowerBound + $0 * (range.upperBound - range.lowerBound), text) }
  }
}
