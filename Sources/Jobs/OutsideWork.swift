internal import Synchronization

/// When a program was last at work for this process that is of no stage, such as one that delivers a notification.
///
/// What it leaves in the background is not to be taken for a stage's that ran meanwhile.
public enum OutsideWork {
  private static let last = Mutex<ContinuousClock.Instant?>(nil)

  /// Such a program is at work now.
  public static func note() { last.withLock { $0 = .now } }

  /// Whether one has been at work at `moment` or later.
  public static func hasBeen(since moment: ContinuousClock.Instant) -> Bool {
    last.withLock { $0.map { $0 >= moment } ?? false }
  }
}
