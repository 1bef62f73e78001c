/// What went wrong with a job, its files or its workspace, told for the person who must act on it.
public struct JobError: Error, Sendable, CustomStringConvertible {
  /// The kind of trouble; each has its exit code in the command-line tools.
  public enum Code: Sendable, Equatable {
    /// The request itself is wrong: an unknown job, a name that fits several.
    case usage
    /// A file holds what it must not: a manifest cut short, say.
    case damaged
    /// The operating system refused: no space, no permission, no such file.
    case io
    /// Another process holds the lock.
    case locked
    /// The configuration cannot be used.
    case configuration
    /// A program or model that the work needs is missing.
    case missingEngine
  }

  public var code: Code
  /// What it is about: a path, a job id.
  public var subject: String
  /// What happened, without the subject.
  public var message: String
  /// What to do next, and what was kept safe.
  public var remedy: String?
  /// What caused it: an `Errno`, a ``JSONSyntaxError``.
  public var underlying: (any Error)?

  public init(
    _ code: Code, _ subject: String, _ message: String, remedy: String? = nil, underlying: (any Error)? = nil
  ) {
    self.code = code
    self.subject = subject
    self.message = message
    self.remedy = remedy
    self.underlying = underlying
  }

  /// What it says in a table or a record, the cause with it.
  public var reason: String { message + (underlying.map { " (\($0))" } ?? "") }

  public var description: String { "\(subject): \(reason)" + (remedy.map { "\n  \($0)" } ?? "") }
}

extension JobError.Code {
  /// What a program ends with for it: the numbers of sysexits.h, on which scripts rely.
  package var exitStatus: Int32 {
    switch self {
    case .usage: 64
    case .damaged: 65
    case .missingEngine: 69
    case .io: 74
    case .locked: 75
    case .configuration: 78
    }
  }
}
