public import Jobs
internal import SystemPackage

/// Brings to an end what processes that died had begun: removals of archived jobs, and restorations.
public enum ArchiveRecovery {
  /// - Parameter failed: told of what cannot be.
  /// - Returns: the places, below `out`, of jobs that are back because of it.
  @discardableResult
  public static func run(in workspace: Workspace, failed: (JobError) -> Void) -> Set<String> {
    let removal = JobRemoval(in: workspace)
    removal.finishInterrupted(failed: failed)
    // Their notes have ended with them.
    removal.finishNoted(failed: failed)
    return JobRestoration(in: workspace).finishInterrupted(failed: failed)
  }
}
