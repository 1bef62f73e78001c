internal import Jobs
internal import SystemPackage

/// A way of running stages. Whoever runs a job knows no more of it than this.
protocol StageRunner {
  /// As records name it.
  var kind: Runner { get }

  /// Makes ready one attempt of a stage.
  ///
  /// - Throws: ``StageRefusal`` when it cannot be run at all.
  func prepare(_ stage: StageDefinition, attempt: Int, in context: JobContext) throws -> any StageWork

  /// Whether what runs all stages is there, for one whose attempt came to nothing because it was not.
  func isReady() -> Bool
}

/// One attempt that is about to be made.
protocol StageWork {
  var process: StageProcess { get }
  /// As the stage's log tells it.
  var shown: String { get }

  /// The process has been started.
  func began()

  /// The process could not be started, or its record not be written: nothing of the attempt is to stay.
  func calledOff()

  /// The process has ended, and what is left of the attempt is to be.
  ///
  /// - Parameter said: the last lines of the stage's log.
  /// - Returns: how the stage ended.
  func ended(_ outcome: StageProcess.Outcome, said: String) -> StageProcess.Outcome
}

/// Why a stage was not even begun.
struct StageRefusal: Error, Equatable {
  var reason: String
  /// What the attempt is recorded to have ended with; `nil`: something was missing, and may be there the next time.
  var exitCode: Int?
  /// Whether what runs all stages is missing, which is no fault of this one nor of its film: other jobs would be refused too.
  var isOfEngine = false
}
