public import Jobs

/// How a batch goes about its films.
public struct BatchOptions: Sendable {
  /// How many jobs are under way at a time; `nil`: as many as the lanes have places.
  public var jobs: Int?
  /// Sizes of lanes, over those of the pipeline.
  public var lanes: [String: Int] = [:]
  /// How long a film must have been still before it is started, in seconds.
  public var settle = 10.0
  /// Nothing is started that would not be done by then, and what runs then ends with its stage.
  public var until: Timestamp?
  /// How many jobs are started at the most.
  public var maxJobs: Int?
  /// Bytes that stay free on the disk of `out/`; `nil`: five parts of a hundred, and no more than 5 GB.
  public var minFree: Int?
  public var halt = HaltRule.never
  /// How often a job may fail, over all nights, before it is left alone.
  public var attempts = 3
  /// Take up jobs again that were given up.
  public var retriesGivenUp = false
  /// Wait for another batch over the same folder, or of a job that is named, to end, instead of leaving.
  public var waits = false

  /// Keep going, and take up films as they come.
  public var watches = false

  public init() {}
}
