/// A job that failed, as a notification tells of it.
public struct FailedJob: Sendable, Equatable {
  /// The job's id; `nil` for a film that never became a job.
  public var id: String?
  public var title: String
  /// The film's path, as the job records it.
  public var input: String?
  /// The stage that ended it; `nil` when none had begun.
  public var stage: String?
  public var reason: String?

  /// - Parameter reason: what a run says of the end of a job; the stage's name before it is left out, being said already.
  public init(id: String?, title: String, input: String? = nil, stage: String?, reason: String?) {
    (self.id, self.title, self.input, self.stage) = (id, title, input, stage)
    let prefix = stage.map { "\($0): " } ?? ""
    self.reason = reason.map { reason in
      String((reason.hasPrefix(prefix) ? reason.dropFirst(prefix.count) : reason[...]).prefix(Self.longestReason))
    }
  }

  /// In characters.
  private static let longestReason = 1000
}
