/// How often a stage is tried again, and how long after: as it says itself, else as the job's settings say.
struct RetryRule {
  let retries: Int
  /// Seconds before the first further attempt, and twice as many before each after it; no more than a day.
  let delay: Double

  /// - Parameter setting: gives a setting by its key. Of one that is no number doctor tells.
  init(_ stage: StageDefinition, setting: (String) -> String?) {
    retries = max(0, stage.retries ?? setting("MAX_RETRIES").flatMap { Int($0) } ?? 0)
    let wanted = stage.backoff ?? setting("RETRY_DELAY_SECONDS").flatMap { Double($0) } ?? 2
    delay = wanted.isFinite ? min(max(0, wanted), Self.longest) : 2
  }

  /// Seconds before the attempt that follows one which this many were waited for.
  static func doubled(_ delay: Double) -> Double { min(delay * 2, longest) }

  /// Seconds that are waited in all, where no attempt succeeds.
  var waiting: Double {
    var (waited, next) = (0.0, delay)
    for _ in 0..<min(retries, 10_000) { (waited, next) = (waited + next, Self.doubled(next)) }
    return waited
  }

  private static let longest = 86_400.0
}
