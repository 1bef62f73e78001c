/// What the reason of a stage begins with that failed and may.
public let optionalFailure = "optional, and failed: "

/// Why a stage failed that was told to stop.
public let stoppedOnRequest = "stopped on request"

/// Why one failed whose run died.
public let interruptedAtWork = "the run was interrupted while the stage was at work"

/// Why a stage failed, in a line for people: where it said no more than an exit code, the last line of its own tells more;
/// what others said of it besides stays.
///
/// - Parameter said: the last lines of its output.
public func failureCause(reason: String?, said: String?) -> String? {
  guard let reason else { return said?.lastLine }
  let plain = reason.withoutOptionalMark
  let code = plain.prefix { $0 != ";" }
  guard code.isEmpty || code.hasPrefix("exit code "), let line = said?.lastLine else { return reason }
  return String(reason.dropLast(plain.count)) + line.withoutOptionalMark.drop(while: \.isWhitespace)
    + plain.dropFirst(code.count)
}

extension String {
  /// The cause alone, where this says that it is that of a stage that may fail.
  public var withoutOptionalMark: String {
    hasPrefix(optionalFailure) ? String(dropFirst(optionalFailure.count)) : self
  }

  /// The last line that says something: of an error's text mostly the one that names it. What is indented belongs to the
  /// line above it, as advice does.
  public var lastLine: String? {
    let lines = split(whereSeparator: \.isNewline).filter { $0.contains { !$0.isWhitespace } }
    return (lines.last { $0.first?.isWhitespace == false } ?? lines.last).map(String.init)
  }
}
