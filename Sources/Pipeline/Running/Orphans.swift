public import Jobs
internal import SystemPackage

/// Processes of a job whose run died: whoever holds the job's lock finds them by the marker that each carries.
public enum Orphans {
  /// What every process of a job carries in its environment, and no other.
  static func marker(of paths: JobPaths) -> String { "CPWX_RUN_OF=\(paths.output.string)" }

  /// Ends them. The caller holds the job's lock: else they might be those of a run at work.
  ///
  /// - Returns: whether there were any.
  public static func end(of paths: JobPaths) -> Bool {
    let marker = marker(of: paths)
    guard ProcessGroup.isAlive(group: nil, marker: marker) else { return false }
    ProcessGroup.end(group: nil, marker: marker, grace: 2)
    return true
  }
}
