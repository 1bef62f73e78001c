internal import Dispatch
internal import Jobs
internal import Synchronization

/// Delivers what waits for one target, on a thread of its own, until told to end.
final class Courier: Sendable {
  private let carrier: any Carrier
  private let outbox: Outbox
  /// Seconds that one attempt may take.
  private let timeout: Double
  private let notice: Notifier.Notice
  private let queue: DispatchQueue
  private let wakeUp = DispatchSemaphore(value: 0)
  private let running = DispatchGroup()
  private let state = Mutex(State())
  private let schedule = Mutex(Schedule())

  private struct State {
    var hasStarted = false
    /// When the last attempt must be over, once the end has come.
    var end: ContinuousClock.Instant?
  }

  init(_ carrier: any Carrier, outbox: Outbox, timeout: Double, notice: @escaping Notifier.Notice) {
    (self.carrier, self.outbox, self.timeout, self.notice) = (carrier, outbox, timeout, notice)
    queue = DispatchQueue(label: "cpwx.notices.\(carrier.target.rawValue)")
  }

  var target: NoticeTarget { carrier.target }

  /// Why the latest attempt that failed did; `nil` when none has since the last success.
  var trouble: String? { schedule.withLock { $0.trouble } }

  /// There is something to deliver.
  func kick() {
    let starts = state.withLock { state in
      defer { state.hasStarted = true }
      return !state.hasStarted && state.end == nil
    }
    if starts { queue.async(group: running) { self.work() } }
    wakeUp.signal()
  }

  /// Lets the courier try what is left until `limit`, and no longer.
  func close(by limit: ContinuousClock.Instant) {
    state.withLock { $0.end = $0.end ?? limit }
    wakeUp.signal()
  }

  /// Waits for the end that ``close(by:)`` has set.
  func wait(until limit: ContinuousClock.Instant) {
    _ = running.wait(timeout: .now() + max(0, (limit - .now) / .seconds(1)))
  }

  private var end: ContinuousClock.Instant? { state.withLock { $0.end } }

  private func work() {
    var isClosing = false
    while true {
      while wakeUp.wait(timeout: .now()) == .success {}
      if end != nil, !isClosing {
        isClosing = true
        schedule.withLock { $0.forgetDelays() }
      }
      let next = deliverDue()
      if let end {
        guard isClosing else { continue }
        guard let next, next < end else { return }
      }
      pause(until: next)
    }
  }

  /// Waits for `next`, or for a new parcel; the end that comes cuts every wait short.
  private func pause(until next: ContinuousClock.Instant?) {
    guard let next else { return wakeUp.wait() }
    _ = wakeUp.wait(timeout: .now() + max(0, (next - .now) / .seconds(1)))
  }

  /// Makes an attempt for each parcel whose time has come, oldest first.
  ///
  /// - Returns: when the next attempt is due; `nil` when nothing is left.
  private func deliverDue() -> ContinuousClock.Instant? {
    let waiting = outbox.waiting(for: target)
    schedule.withLock { $0.keep(waiting) }
    for name in waiting {
      if let end, end <= .now { break }
      guard schedule.withLock({ $0.isDue(name) }) else { continue }
      do {
        let isFree = try outbox.handle(name, for: target) { parcel in deliver(parcel, name) }
        if !isFree {
          schedule.withLock { $0.hold(for: .milliseconds(200)) }
          break
        }
      } catch {
        schedule.withLock { $0.failed(name, "\(error)") }
      }
    }
    let left = outbox.waiting(for: target)
    return schedule.withLock { $0.next(of: left) }
  }

  private func deliver(_ parcel: Parcel, _ name: String) -> Outbox.Disposal {
    let ownLimit = ContinuousClock.now + .seconds(timeout)
    let answer = carrier.deliver(parcel.event) { min(ownLimit, self.end ?? ownLimit) }
    var parcel = parcel
    parcel.tries += 1
    parcel.lastTry = .now
    switch answer {
    case .delivered:
      schedule.withLock { $0.succeeded(name) }
      return .remove
    case .refused(let reason):
      parcel.lastError = reason
      parcel.refusals += 1
      schedule.withLock { $0.failed(name, reason) }
      if parcel.refusals < Self.mostRefusals { return .keep(parcel) }
      notice(
        "the \(target.rawValue) refused a notification \(parcel.refusals) times (\(reason)); "
          + "it is kept in \(outbox.undelivered)")
      return .giveUp(parcel)
    case .failed(let reason):
      parcel.lastError = reason
      schedule.withLock { $0.failed(name, reason) }
      return .keep(parcel)
    case .unavailable(let reason, let after):
      parcel.lastError = reason
      schedule.withLock { $0.unavailable(reason, after: after) }
      return .keep(parcel)
    }
  }

  private static let mostRefusals = 3
}
