public import Jobs

/// Why a job stands as it does: what happened to it, as its manifest tells, and what a run would do with it now.
public struct JobAccount: Sendable {
  /// The whole in one sentence.
  public let sentence: String
  /// What happened, oldest first, a line each.
  public let lines: [String]
  /// What a run would do now, and why.
  public let decision: InputDecision.Kind?
  public let reason: String?

  /// The account of a job.
  ///
  /// - Parameters:
  ///   - isDamaged: its records cannot be read, and tell nothing.
  ///   - status: how it stands, as its records have it: of one that another program ran, or that a migration has moved, nothing
  ///     may tell when it came to that.
  ///   - mention: what a batch after all that says of its film.
  ///   - next: what a run would do with it now; `nil` where that cannot be told.
  ///   - problem: why it cannot.
  public init(
    of job: String, events: [JobEvent], isDamaged: Bool = false, status: PipelineStatus? = nil,
    mention: BatchMention? = nil, next: InputDecision?, problem: String? = nil
  ) {
    lines = events.compactMap { Self.line($0) } + (mention.map { [$0.line] } ?? [])
    (decision, reason) = (next?.kind, next?.reason)
    var parts: [String] = []
    let runs = events.filter { $0.what == .started }
    func told(_ run: JobEvent?) -> String { run?.reason.map { " (\($0))" } ?? "" }
    if let first = runs.first { parts.append("ran\(told(first))") }
    if runs.count > 1 {
      let times = runs.count == 2 ? "again" : "\(runs.count - 1) times more, last"
      parts.append("was taken up \(times)\(told(runs.last))")
    }
    // One that was at work then was interrupted by it.
    let cancelled = events.last { [.started, .completed, .failed, .cancelled].contains($0.what) }
    switch events.last(where: { [.completed, .failed, .interrupted, .cancelled].contains($0.what) })?.what {
    case _ where cancelled?.what == .cancelled:
      parts.append("was cancelled by \(cancelled?.who ?? "somebody")")
    case .completed?: parts.append("completed")
    case .failed?:
      let failure = events.last { $0.what == .stageFailed && !$0.isStop }
      parts.append(
        "failed\(failure.map { " in \($0.stage ?? "a stage"): \($0.reason ?? "no reason was recorded")" } ?? "")")
    case .interrupted?: parts.append("was interrupted")
    default:
      let isUnknown = isDamaged && runs.isEmpty
      parts.append(
        isUnknown
          ? "is damaged: its manifest.json cannot be read" : runs.isEmpty ? Self.standing(status) : "has not ended")
    }
    if let mention { parts.append(mention.words) }
    let outlook =
      next.map { "; a run now would \(Self.verb($0.kind)): \($0.reason)" }
      ?? problem.map { "; a run now could not go on with it: \($0)" }
    sentence = "\(job) \(Self.joined(parts))\(outlook ?? "")."
  }

  /// The account of a film that has no job.
  ///
  /// - Parameter mention: what a batch says of it.
  public init(of film: InputDecision, mention: BatchMention?) {
    let past = mention.map { " \($0.words);" } ?? ":"
    sentence = "\(film.input)\(past) a run now would \(Self.verb(film.kind)): \(film.reason)."
    (lines, decision, reason) = (mention.map { [$0.line] } ?? [], film.kind, film.reason)
  }

  /// What is said of a job of which no event tells that it ran.
  private static func standing(_ status: PipelineStatus?) -> String {
    switch status {
    case .completed?: "completed"
    case .failed?: "failed"
    case .interrupted?: "was interrupted"
    case .running?: "has not ended"
    case .pending?, nil: "has not run"
    }
  }

  private static func joined(_ parts: [String]) -> String {
    parts.count < 2 ? parts.joined() : parts.dropLast().joined(separator: ", ") + " and " + (parts.last ?? "")
  }

  private static func verb(_ kind: InputDecision.Kind) -> String {
    switch kind {
    case .new: "make a job of it"
    case .resume: "go on with it"
    case .retry: "try it again"
    case .skip: "leave it as it is"
    case .held: "wait"
    case .pending: "wait for the file"
    case .givenUp: "leave it, as it was given up"
    }
  }

  private static func line(_ event: JobEvent) -> String? {
    let reason = event.reason.map { ": \($0)" } ?? ""
    let attempt = (event.attempt ?? 1) > 1 ? " (attempt \(event.attempt ?? 0))" : ""
    let stage = event.stage ?? ""
    let what: String? =
      switch event.what {
      case .created: event.who.map { "made by \($0)" } ?? "made"
      case .started: "run by \(event.who ?? "somebody")\(reason)"
      case .completed: "completed"
      case .failed: "failed\(reason)"
      case .interrupted: "interrupted\(reason)"
      case .cancelled: "cancelled by \(event.who ?? "somebody")"
      // What went as it should is no answer to why.
      case .stageStarted: event.reason == nil ? nil : "\(stage) ran again\(attempt)\(reason)"
      case .stageSucceeded: nil
      case .stageFailed where event.isStop: "\(stage) was interrupted\(attempt)\(reason)"
      case .stageFailed: "\(stage) failed\(attempt)\(reason)"
      case .stageSkipped: "\(stage) was skipped\(reason)"
      }
    return what.map { "\(event.at.spaced(19))  \($0)" }
  }
}
