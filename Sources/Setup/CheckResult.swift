/// What a check of the doctor found.
public struct CheckResult: Sendable, Equatable {
  public enum Status: String, Sendable, Comparable {
    case ok, warning, error

    public static func < (left: Status, right: Status) -> Bool { left.severity < right.severity }

    private var severity: Int {
      switch self {
      case .ok: 0
      case .warning: 1
      case .error: 2
      }
    }
  }

  /// What was looked at, stable over releases.
  public var check: String
  public var status: Status
  public var message: String
  /// What to do about it, a line each; a command or a path at a line's end stands behind a colon, without a full stop.
  public var remedy: String?

  static func ok(_ check: String, _ message: String) -> CheckResult {
    CheckResult(check: check, status: .ok, message: message)
  }

  static func warning(_ check: String, _ message: String, _ remedy: String) -> CheckResult {
    CheckResult(check: check, status: .warning, message: message, remedy: remedy)
  }

  static func error(_ check: String, _ message: String, _ remedy: String) -> CheckResult {
    CheckResult(check: check, status: .error, message: message, remedy: remedy)
  }
}
