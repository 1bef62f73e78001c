internal import Jobs
internal import SystemPackage

/// Calls of a program that answers in a moment, as those of container engines and clusters do.
struct ProgramCall: Sendable {
  private let environment: [String: String]
  private let folder: FilePath
  /// They do their work also when the run is told to end: that is what some are needed for then.
  private let never: StopSource

  /// - Parameter folder: where the programs are run.
  /// - Throws: `Errno` when no pipe can be made.
  init(environment: [String: String], folder: FilePath) throws {
    (self.environment, self.folder) = (environment, folder)
    never = try StopSource()
  }

  /// Runs a program that is found in PATH.
  ///
  /// - Parameter isEnough: told all that it has said so far; it is ended where that is all there is to know.
  /// - Returns: how it ended, and what it said on both outputs.
  /// - Throws: `Errno` when it cannot be started; `noSuchFileOrDirectory` when there is no such program.
  func answer(
    _ arguments: [String], within seconds: Double, until isEnough: ((String) -> Bool)? = nil
  ) throws -> (end: StageProcess.End, text: String) {
    let process = StageProcess(
      arguments: arguments, environment: environment, directory: folder, toolFolders: [], timeout: seconds, grace: 1,
      marker: "CPWX_PROBE_OF=\(arguments.first ?? "") for \(processID)")
    var said: [UInt8] = []
    let stop = isEnough == nil ? never : try StopSource()
    let child = try process.start()
    let outcome = process.follow(child, stop: stop) {
      said += $0
      if isEnough?(String(decoding: said, as: UTF8.self)) == true { stop.raise(to: .now) }
    }
    return (outcome.end, String(decoding: said, as: UTF8.self))
  }
}
