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

  /// A link that cannot be told to follow what moves.
  static func around(_ link: TreeScan.Link, in folder: String? = nil) -> Problem {
    let path = (folder.map { RawPath($0).appending(link.path) } ?? link.path).text
    return .warning(
      "\(path) points to \(link.target.text), by a way through other folders; see whether it still does afterwards")
  }

  var document: JSON { ["severity": .string(severity.rawValue), "message": .string(message)] }

  init(severity: Severity, message: String) { (self.severity, self.message) = (severity, message) }

  init?(_ document: JSON) {
    guard let severity = document["severity"]?.string.flatMap({ Severity(rawValue: $0) }),
      let message = document["message"]?.string
    else { return nil }
    self.init(severity: severity, message: message)
  }
}
