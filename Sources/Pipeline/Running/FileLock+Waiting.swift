internal import Jobs
internal import SystemPackage

extension FileLock {
  /// Takes the lock, waiting for whoever holds it as long as the run is not told to end.
  ///
  /// - Throws: ``JobError`` with code `locked` when it was told so first, `io` when the file cannot be opened.
  static func take(_ path: FilePath, subject: String, waitingUnless stop: StopSource) throws -> FileLock {
    while true {
      do {
        return try take(path, subject: subject)
      } catch let error as JobError where error.code == .locked && stop.level == .none {
        for _ in 0..<25 where stop.level == .none { sleepBriefly() }
      }
    }
  }
}
