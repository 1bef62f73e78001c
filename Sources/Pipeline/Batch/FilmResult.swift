public import Jobs

extension FilmBatch {
  /// One film's result.
  public struct Result: Sendable {
    public var film: InputDecision
    /// The job, once there is one.
    public var job: JobPaths?
    /// How it stands; `nil` when nothing was begun.
    public var status: PipelineStatus?
    public var reason: String?
    /// Whether its job was begun and has come to the batch's deadline, which is no failure.
    var isLeft = false
    /// Whether it was not there when its turn came.
    var isGone = false
    /// Whether its job was cancelled after the batch had decided to run it.
    var isCancelled = false
    /// Why it could not be run.
    public var error: JobError.Code?
  }
}

extension FilmBatch.Result {
  /// Whether there is no more to say of the film than that an earlier batch has done it.
  public var wasDoneBefore: Bool { status == nil && error == nil && film.isPlainlyDone }

  /// Whether its turn came and it was not begun then, as something was still to be waited for, or as it was not there: it may
  /// come back.
  var isLeftPending: Bool { status == nil && (film.kind == .pending || isGone) }

  /// Whether anything of what was asked for is left to do.
  public var isUnfinished: Bool {
    error != nil || film.kind == .held || isCancelled || film.kind.isWork && status != .completed && !isLeft
  }

  /// As the batch's record tells of it.
  func document(in workspace: Workspace, _ secrets: [String]) -> JSON {
    func shown(_ text: String?) -> JSON { .string(text.map { Secrets.masked($0, secrets) }) }
    return [
      "job_id": .string(job?.id.description), "user_id": .int(job?.userID),
      "output_dir": .string(job.map { workspace.documentPath($0.output) }),
      "input": shown(workspace.documentPath(film.input)), "title": shown(film.title), "year": .int(film.year),
      "decision": .string(film.kind.rawValue), "status": .string(status?.rawValue), "reason": shown(reason),
    ]
  }
}
