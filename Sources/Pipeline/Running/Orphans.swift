public import Jobs
internal import SystemPackage

/// What is left at work of a job whose run died: processes, which whoever holds the job's lock finds by the marker that
/// each carries, and containers.
public enum Orphans {
  /// What every process of a job carries in its environment, and no other.
  static func marker(of paths: JobPaths) -> String { "CPWX_RUN_OF=\(paths.output.string)" }

  /// Ends them. The caller holds the job's lock: else they might be those of a run at work.
  ///
  /// - Parameters:
  ///   - environment: the caller's, which tells where containers are.
  ///   - trouble: told why containers could not be looked for.
  /// - Returns: whether there were any.
  public static func end(
    of paths: JobPaths, in workspace: Workspace, environment: [String: String], trouble: (String) -> Void
  ) -> Bool {
    let marker = marker(of: paths)
    var found = ProcessGroup.isAlive(group: nil, marker: marker)
    if found { ProcessGroup.end(group: nil, marker: marker, grace: 2) }
    // The last run left them as it made them.
    guard let env = try? DurableFile.read(paths.env), EnvFile(parsing: env).isForContainers else { return found }
    do {
      if try OrphanContainers.end(of: paths, in: workspace, environment: environment) { found = true }
    } catch {
      trouble("\(paths.id): whether an earlier run has left containers at work could not be seen: \(error)")
    }
    return found
  }
}
