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

    public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  private struct State {
    var level = Level.none
    var drainAt: Timestamp?
  }

  private let state = Mutex(State())
  /// Becomes readable, for good, when the level reaches ``Level/now``: for `poll`.
  let wakeUp: FileDescriptor
  private let trigger: FileDescriptor
  /// Becomes readable, for good, when there is a level at all.
  let drainWakeUp: FileDescriptor
  private let drainTrigger: FileDescriptor

  /// - Throws: `Errno` when no pipe can be made.
  public init() throws {
    let pipe = try FileDescriptor.pipe()
    wakeUp = pipe.readEnd
    trigger = pipe.writeEnd
    let drain = try FileDescriptor.pipe()
    (drainWakeUp, drainTrigger) = (drain.readEnd, drain.writeEnd)
    for end in [wakeUp, trigger, drainWakeUp, drainTrigger] { closeOnExec(end) }
  }

  deinit {
    for end in [wakeUp, trigger, drainWakeUp, drainTrigger] { try? end.close() }
  }

  public var level: Level {
    state.withLock { state in
      // By the wall's clock: six in the morning is six in the morning.
      state.level == .none && state.drainAt.map { $0 <= .now } == true ? .drain : state.level
    }
  }

  /// Whether nobody but the clock has told the run to end.
  var isPastDeadline: Bool { state.withLock { $0.level == .none && $0.drainAt.map { $0 <= .now } == true } }

  /// Has the run end with the stages that run at some moment, unless it is told to before.
  func drain(at moment: Timestamp) { state.withLock { $0.drainAt = moment } }

  /// Waits until the run is told to end, or so many seconds.
  func waitToDrain(atMost seconds: Double) {
    var end = pollfd(fd: drainWakeUp.rawValue, events: Int16(POLLIN), revents: 0)
    _ = poll(&end, 1, CInt(seconds * 1000))
  }

  /// Raises the level; it never falls.
  public func raise(to level: Level) {
    let (isFirst, reachedNow) = state.withLock { state in
      guard level > state.level else { return (false, false) }
      defer { state.level = level }
      return (state.level == .none, level == .now)
    }
    if isFirst { _ = try? drainTrigger.writeAll([1]) }
    if reachedNow { _ = try? trigger.writeAll([1]) }
  }
}
