internal import Jobs
internal import Synchronization

/// What runs all stages, where it goes away in the middle of a batch: an update starts it anew, and it is back in a moment.
/// The job that misses it first tells of it, and the one that sees it first tells that it is back.
final class EngineOutage: Sendable {
  private struct State {
    /// `nil` while it is there, as far as is known.
    var began: ContinuousClock.Instant?
    /// When it was seen to be back.
    var ended: ContinuousClock.Instant?
    var asked: ContinuousClock.Instant?
  }

  /// Seconds that it is waited for, from when it was missed first.
  private static let patience = 60.0
  /// Seconds between looks for it.
  private static let pause = 0.5

  private let state = Mutex(State())

  /// Waits until it is there again.
  ///
  /// - Parameters:
  ///   - begun: when the attempt began that came to nothing.
  ///   - reason: why.
  ///   - stop: ends the waiting.
  /// - Returns: whether it is there.
  func wait(
    for runner: any StageRunner, since begun: ContinuousClock.Instant, because reason: String, stop: StopSource,
    warn: (String) -> Void
  ) -> Bool {
    while stop.level == .none {
      let isThere = state.withLock { look(&$0, for: runner, since: begun, because: reason, warn: warn) }
      if let isThere { return isThere }
      stop.waitToDrain(atMost: Self.pause)
    }
    return false
  }

  /// - Returns: `nil` as long as it is worth waiting.
  private func look(
    _ state: inout State, for runner: any StageRunner, since begun: ContinuousClock.Instant, because reason: String,
    warn: (String) -> Void
  ) -> Bool? {
    // Another job has waited for it meanwhile.
    if let ended = state.ended, ended > begun { return true }
    if state.began == nil {
      state.began = .now
      let limit = describeDuration(Self.patience)
      warn("stages cannot be run just now; that is waited out, \(limit) at the most: \(reason)")
    }
    if let asked = state.asked, ContinuousClock.now - asked < .seconds(Self.pause) { return nil }
    let isReady = runner.isReady()
    state.asked = .now
    if isReady {
      (state.began, state.ended) = (nil, .now)
      warn("stages can be run again")
      return true
    }
    let isLong = state.began.map { ContinuousClock.now - $0 > .seconds(Self.patience) } == true
    return isLong ? false : nil
  }
}
