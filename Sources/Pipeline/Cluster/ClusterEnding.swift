internal import Jobs

/// How the cluster ended a task, and what that means for its job.
struct ClusterEnding {
  /// In words for the admin.
  let reason: String
  /// A job that asked for too little fails, and is given up after so many nights; what befell it from outside is no fault
  /// of the film, and it goes on in the next run.
  let status: PipelineStatus

  /// - Returns: `nil` when the cluster let the task come to its own end.
  init?(_ task: ClusterTask) {
    guard case .ended(let word) = task.state, let told = Self.told(word, task) else { return nil }
    (reason, status) = ("the cluster ended it: \(told.reason) (\(word))", told.status)
  }

  private static func told(_ word: String, _ task: ClusterTask) -> (reason: String, status: PipelineStatus)? {
    switch word {
    case "TIMEOUT":
      ("its time limit\(task.limit.map { " of \(describeDuration($0))" } ?? "") was reached", .failed)
    case "OUT_OF_MEMORY": ("it needed more memory than it had asked for", .failed)
    case "NODE_FAIL": ("its node failed", .interrupted)
    case "BOOT_FAIL": ("its node did not come up", .interrupted)
    case "PREEMPTED": ("another job took its place", .interrupted)
    case "DEADLINE": ("it could not have been done by its deadline", .interrupted)
    case "CANCELLED": ("it was cancelled", .interrupted)
    case "REVOKED": ("it was revoked", .interrupted)
    default: nil
    }
  }

  /// Of a task that came to its own end, and whose job did not.
  ///
  /// - Parameter said: the last line of the task's own output.
  static func untold(_ task: ClusterTask?, said: String?) -> String {
    guard let task, case .ended(let word) = task.state else {
      return "the cluster knows its task no more, and it had not ended\(said.map { ": \($0)" } ?? "")"
    }
    // A task that could write no log tells nothing: as on a node that has not mounted the workspace.
    return "its task ended before the job did\((said ?? task.reason).map { ": \($0)" } ?? "") (\(word))"
  }
}
