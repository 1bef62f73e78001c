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

  /// - Throws: `Errno` when no pipe can be made.
  public init() throws {
    let pipe = try FileDescriptor.pipe()
    wakeUp = pipe.readEnd
    trigger = pipe.writeEnd
    closeOnExec(wakeUp)
    closeOnExec(trigger)
  }

  deinit {
    try? wakeUp.close()
    try? trigger.close()
  }

  public var level: Level {
    state.withLock { state in
      // By the wall's clock: six in the morning is six in the morning.
      state.level == .none && state.drainAt.map { $0 <= .now } == true ? .drain : state.level
    }
  }

  /// Has the run end with the stages that run at some moment, unless it is told to before.
  func drain(at moment: Timestamp) { state.withLock { $0.drainAt = moment } }

  /// Raises the level; it never falls.
  public func raise(to level: Level) {
    let reachedNow = state.withLock { state in
      guard level > state.level else { return false }
      state.level = level
      return level == .now
    }
    if reachedNow { _ = try? trigger.writeAll([1]) }
  }
}
