internal import Jobs
internal import SystemPackage
internal import TextWidth

/// How one attempt of a stage ended, as it is recorded.
struct StageAttempt {
  enum Result: Equatable {
    case success
    case failed(reason: String)
    /// The stage found nothing to do, and says so.
    case skipped(reason: String)
    /// The run was told to stop.
    case stopped
  }

  var result: Result
  var exitCode: Int?
  /// The last lines of the stage's output.
  var errorText: String?
  var cpuSeconds: Double?
  /// The largest resident size of one of its processes; of a stage smaller than cpwx as last seen while it ran; of a
  /// container all that it held at a time, as sampled. `nil`: unknown.
  var peakMemoryBytes: Int?
  var seconds = 0.0
  /// When it was begun, be it in vain.
  var begun = ContinuousClock.now

  /// Exit codes of sysexits.h that another attempt cannot change: usage, bad data, something missing, configuration.
  private static let permanentCodes: Set<Int> = [64, 65, 69, 78]

  /// Whether trying again may help.
  var isWorthRetrying: Bool {
    if case .failed = result { exitCode.map { !Self.permanentCodes.contains($0) } ?? !notStarted } else { false }
  }

  /// Whether it failed for want of a program or model.
  var isMissingEngine: Bool { exitCode == 69 || notStarted }

  var notStarted = false
  /// Whether what runs all stages was missing, or went away meanwhile.
  var isOfEngine = false

  /// Seconds until another one; `nil` when it is the last.
  var retriedAfter: Double?
  var isRetried: Bool { retriedAfter != nil }

  /// Why it failed, for people; `nil` when it did not.
  var cause: String? {
    if case .failed(let reason) = result { failureCause(reason: reason, said: errorText) } else { nil }
  }

  /// The attempt as it may be recorded: a command, or a path it was to make, may hold a secret.
  func masked(_ secrets: [String]) -> StageAttempt {
    var attempt = self
    if case .failed(let reason) = result { attempt.result = .failed(reason: Secrets.masked(reason, secrets)) }
    // Colours within a secret hide it, and are taken out where it is shown.
    attempt.errorText = errorText.map { Secrets.masked($0.withoutControls, secrets) }
    return attempt
  }

  /// Takes over what the stage itself says of an attempt that went well else.
  mutating func takeOver(_ own: StageRecord, _ secrets: [String]) {
    func said(_ field: String) -> String? { own.fields[field]?.string.map { Secrets.masked($0, secrets) } }
    switch own.status {
    case .skipped:
      // There was nothing for it to do, and that is no failure.
      result = .skipped(reason: said("skip_reason") ?? said("reason") ?? "skipped by the stage itself")
      errorText = nil
    case .failed where result == .success:
      errorText = said("error") ?? errorText
      result = .failed(reason: errorText?.lastLine ?? "the stage says itself that it failed")
    default: break
    }
  }
}
