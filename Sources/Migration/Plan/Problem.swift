internal import Jobs

/// Something about an old tree that an admin should know.
public struct Problem: Sendable, Equatable {
  public enum Severity: String, Sendable, Comparable {
    /// Worth a word.
    case info
    /// Worth a look; it is migrated all the same.
    case warning
    /// It stays as it is until a person has seen to it.
    case error

    private var rank: Int {
      switch self {
      case .info: 0
      case .warning: 1
      case .error: 2
      }
    }

    public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
  }

  public var severity: Severity
  public var message: String

  static func info(_ message: String) -> Problem { Problem(severity: .info, message: message) }
  static func warning(_ message: String) -> Problem { Problem(severity: .warning, message: message) }
  static func error(_ message: String) -> Problem { Problem(severity: .error, message: message) }

  var document: JSON { ["severity": .string(severity.rawValue), "message": .string(message)] }

  init(severity: Severity, message: String) { (self.severity, self.message) = (severity, message) }

  init?(_ document: JSON) {
    guard let severity = document["severity"]?.string.flatMap({ Severity(rawValue: $0) }),
      let message = document["message"]?.string
    else { return nil }
    self.init(severity: severity, message: message)
  }
}
