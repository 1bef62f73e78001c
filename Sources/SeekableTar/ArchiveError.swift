/// What went wrong with an archive, told for the person who must act on it.
public struct ArchiveError: Error, Sendable, CustomStringConvertible {
  public enum Code: Sendable, Equatable {
    /// Bytes are not those that were written.
    case damaged
    /// It is made to do harm, or goes beyond a limit; nothing of it was written outside the folder it was to go into.
    case refused
    /// A source grew, shrank, vanished or changed while it was read.
    case changed
    /// A source that no archive can hold, or a file that is no archive of this format.
    case unsupported
    /// The operating system refused; ``ArchiveError/underlying`` is its `Errno`.
    case io
  }

  public var code: Code
  /// The member it is about, where it is about one.
  public var member: MemberPath?
  /// The file it is about, where it is about one and no member is named.
  public var file: String?
  /// What happened, without the name.
  public var message: String
  public var underlying: (any Error)?

  public init(_ code: Code, _ member: MemberPath, _ message: String, underlying: (any Error)? = nil) {
    self.init(code, message, underlying: underlying)
    self.member = member
  }

  public init(_ code: Code, file: String? = nil, _ message: String, underlying: (any Error)? = nil) {
    self.code = code
    self.file = file
    self.message = message
    self.underlying = underlying
  }

  public var description: String {
    var text = message
    if let member { text = "\(member): \(text)" } else if let file { text = "\(file): \(text)" }
    if let underlying { text += " (\(underlying))" }
    return text
  }
}

/// Bytes done so far, and in all. It is called on one thread at a time; what it throws stops the work.
public typealias Progress = @Sendable (_ done: Int, _ total: Int) throws -> Void
