internal import Foundation

/// Programs that tests start, one after the other.
///
/// Until it has become another one, a program has all files open that the tests have, whatever those are marked with: a film
/// would still be written then, and a script could not be run.
public enum ProgramStart {
  private static let turn = NSLock()

  /// - Parameter start: when it returns, the program has become the one that was meant, or there is none.
  public static func alone<Result>(_ start: () throws -> Result) rethrows -> Result {
    turn.lock()
    defer { turn.unlock() }
    return try start()
  }

  /// Returns when no program that is being started has a file open that was closed before.
  public static func waitForThoseUnderWay() { alone {} }
}
