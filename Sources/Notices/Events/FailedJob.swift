/// A job that failed, as a notification tells of it.
public struct FailedJob: Sendable, Equatable {
  /// The job's id; `nil` for a film that never became a job.
  public var id: String?
  public var title: String
  /// The stage that ended it; `nil` when none had begun.
  public var stage: String?
  public var reason: String?

  public init(id: String?, title: String, stage: String?, reason: String?) {
    (self.id, self.title, self.stage) = (id, title, stage)
    self.reason = reason.map { String($0.prefix(Self.longestReason)) }
  }

  /// In characters.
  private static let longestReason = 1000
}
