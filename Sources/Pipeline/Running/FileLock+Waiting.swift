internal import Jobs
internal import SystemPackage

extension FileLock {
  /// Takes the lock, waiting for whoever holds it as long as the run is not told to end.
  ///
  /// - Parameter stop: tells the run to end; `nil` waits for nobody.
  /// - Throws: ``JobError`` with code `locked` when somebody holds it that is not waited for, or not any more, `io` when the
  ///   file cannot be opened.
  static func take(_ path: FilePath, subject: String, waitingUnless stop: StopSource?) throws -> FileLock {
    while true {
      do {
        return try take(path, subject: subject)
      } catch let error as JobError where error.code == .locked {
        guard let stop, stop.level == .none else { throw error }
        for _ in 0..<25 where stop.level == .none { sleepBriefly() }
      }
    }
  }
}
