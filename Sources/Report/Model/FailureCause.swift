/// Films that came to grief in the same way.
public struct FailureCause: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    /// The job failed or was given up.
    case failed
    /// A stage failed that the film can do without; the job went on.
    case optional
    /// The job waits: for room on the disk, or because another process has it.
    case held
  }

  public var kind: Kind
  /// `nil` where no stage was at work.
  public var stage: String?
  /// What was said; of several films with what differs between them replaced: `FILM`, `JOB`, `#` for numbers.
  public var text: String
  /// Indices into the jobs of the report, in their order.
  public var jobs: [Int]
  /// The job that the lines are of.
  public var example: String?
  /// The last lines of its log.
  public var logLines: [String]
}
