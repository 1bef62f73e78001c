internal import Glibc
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// How a run is asked to end, by signals or by a caller: first to finish what runs, then to stop at once.
public final class StopSource: Sendable {
  public enum Level: Int, Sendable, Comparable {
    case none
    /// Start nothing more; what runs may finish.
    case drain
    /// End what runs.
    case now

    /// As documents say it; `nil` for ``none``.
    public var word: String? {
      switch self {
      case .none: nil
      case .drain: "after running stages"
      case .now: "now"
      }
    }

    public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  private struct State {
    var level = Level.none
    var drainAt: Timestamp?
    var followers: [ObjectIdentifier: Follower] = [:]
  }

  private struct Follower {
    weak var source: StopSource?
  }

  private let state = Mutex(State())
  /// Becomes readable, for good, when the level reaches ``Level/now``: for `poll`.
  let wakeUp: FileDescriptor
  private let trigger: FileDescriptor
  /// Becomes readable, for good, when there is a level at all.
  let drainWakeUp: FileDescriptor
  private let drainTrigger: FileDescriptor
  private let leader: StopSource?

  /// - Throws: `Errno` when no pipe can be made.
  public convenience init() throws { try self.init(led: nil) }

  /// A source for one job of several, which has the level of all at least, and can be raised alone.
  ///
  /// - Throws: `Errno` when no pipe can be made.
  convenience init(following leader: StopSource) throws {
    try self.init(led: leader)
    let level = leader.state.withLock { state in
      state.followers[ObjectIdentifier(self)] = Follower(source: self)
      return state.level
    }
    raise(to: level)
  }

  private init(led leader: StopSource?) throws {
    self.leader = leader
    let pipe = try FileDescriptor.pipe()
    wakeUp = pipe.readEnd
    trigger = pipe.writeEnd
    let drain = try FileDescriptor.pipe()
    (drainWakeUp, drainTrigger) = (drain.readEnd, drain.writeEnd)
    for end in [wakeUp, trigger, drainWakeUp, drainTrigger] { closeOnExec(end) }
  }

  deinit {
    leader?.state.withLock { _ = $0.followers.removeValue(forKey: ObjectIdentifier(self)) }
    for end in [wakeUp, trigger, drainWakeUp, drainTrigger] { try? end.close() }
  }

  public var level: Level {
    let own = state.withLock { state in
      // By the wall's clock: six in the morning is six in the morning.
      state.level == .none && state.drainAt.map { $0 <= .now } == true ? .drain : state.level
    }
    return leader.map { max(own, $0.level) } ?? own
  }

  /// Whether nobody but the clock has told the run to end.
  var isPastDeadline: Bool { state.withLock { $0.level == .none && $0.drainAt.map { $0 <= .now } == true } }

  /// Has the run end with the stages that run at some moment, unless it is told to before.
  func drain(at moment: Timestamp) { state.withLock { $0.drainAt = moment } }

  /// Waits until the run is told to end, or so many seconds.
  func waitToDrain(atMost seconds: Double) {
    var end = pollfd(fd: drainWakeUp.rawValue, events: Int16(POLLIN), revents: 0)
    _ = unsafe poll(&end, 1, CInt(seconds * 1000))
  }

  /// Raises the level; it never falls.
  public func raise(to level: Level) {
    let (isFirst, reachedNow, followers) = state.withLock { state in
      guard level > state.level else { return (false, false, [StopSource]()) }
      defer { state.level = level }
      return (state.level == .none, level == .now, state.followers.values.compactMap(\.source))
    }
    if isFirst { _ = try? drainTrigger.writeAll([1]) }
    if reachedNow { _ = try? trigger.writeAll([1]) }
    for follower in followers { follower.raise(to: level) }
  }
}
