/// When which parcel is tried again, as this process sees it; another one begins anew.
struct Schedule: Sendable {
  private var delayed: [String: (due: ContinuousClock.Instant, backoff: Backoff)] = [:]
  /// Until when the target is left alone.
  private var held: ContinuousClock.Instant?
  /// The target itself asked for that.
  private var isAskedFor = false
  private var backoff = Backoff()
  /// Delivered, and not tried again though they may be there still: on a disk that cannot be written.
  private var done: Set<String> = []
  private(set) var trouble: String?

  func isDue(_ name: String) -> Bool {
    if let held, held > .now { return false }
    if done.contains(name) { return false }
    return delayed[name].map { $0.due <= .now } ?? true
  }

  /// When the first of `names` is due; `nil` when there is none.
  func next(of names: [String]) -> ContinuousClock.Instant? {
    let now = ContinuousClock.now
    return names.filter { !done.contains($0) }.map { max(delayed[$0]?.due ?? now, held ?? now) }.min()
  }

  mutating func succeeded(_ name: String) {
    delayed[name] = nil
    done.insert(name)
    (held, backoff, trouble) = (nil, Backoff(), nil)
  }

  mutating func failed(_ name: String, _ reason: String) {
    var backoff = delayed[name]?.backoff ?? Backoff()
    delayed[name] = (.now + backoff.delay(), backoff)
    trouble = reason
  }

  mutating func unavailable(_ reason: String, after: Double?) {
    held = .now + backoff.delay(asked: after)
    isAskedFor = after != nil
    trouble = reason
  }

  /// Leaves the target alone for a moment, without blaming it.
  mutating func hold(for duration: Duration) { (held, isAskedFor) = (.now + duration, false) }

  /// Everything may be tried at once, unless the target asked for time.
  mutating func forgetDelays() {
    (delayed, backoff) = ([:], Backoff())
    if !isAskedFor { held = nil }
  }

  /// Forgets what is not there any more.
  mutating func keep(_ names: [String]) {
    let names = Set(names)
    delayed = delayed.filter { names.contains($0.key) }
    done.formIntersection(names)
  }
}
