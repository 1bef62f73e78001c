internal import Index
public import Jobs
internal import SystemPackage

/// What is left at work of a job whose run died: processes, which whoever holds the job's lock finds by the marker that
/// each carries, and containers.
public enum Orphans {
  /// What every process of a job carries in its environment, and no other.
  static func marker(of paths: JobPaths) -> String { markers + paths.output.string }
  /// The variable that the marker is.
  static let variable = "CPWX_RUN_OF"
  private static let markers = "\(variable)="
  /// Whether a process with this marker is of a job, and no program that only answers a question.
  static func isMarker(_ marker: String) -> Bool { marker.hasPrefix(markers) }

  /// The folders of the jobs, of any workspace, that processes of this machine belong to.
  static func marked() -> Set<String> { ProcessGroup.values(of: markers) }

  /// Ends them, and removes what the run told of how far it was. The caller holds the job's lock: else they might be those
  /// of a run at work.
  ///
  /// - Parameters:
  ///   - environment: the caller's, which tells where containers are.
  ///   - trouble: told why containers could not be looked for, where none was noted.
  /// - Returns: whether there were any.
  /// - Throws: ``JobError`` with code `locked` when a container may be at work on another machine, or with a daemon that
  ///   does not answer; most often nothing is ended then.
  public static func end(
    of paths: JobPaths, in workspace: Workspace, environment: [String: String], trouble: (String) -> Void
  ) throws -> Bool {
    WorkerProgress.removeLeft(of: paths)
    let note = ContainerNote(of: paths)
    let noted = try note?.docker(paths, in: workspace, environment)
    if let note, let noted { _ = try note.answer(about: paths) { try noted.containers(of: paths) } }
    let marker = marker(of: paths)
    var found = ProcessGroup.isAlive(group: nil, marker: marker)
    if found { ProcessGroup.end(group: nil, marker: marker, grace: 2) }
    if let note, let noted {
      // Once more: what made it may have been at work on that until now, and the daemon may be still.
      if try note.answer(about: paths, { try noted.endOrphans(of: paths) }) {
        found = true
      } else if let container = note.named,
        try note.answer(about: paths, { try noted.removeUnmade(container, of: paths) })
      {
        found = true
      }
      ContainerNote.remove(of: paths)
      return found
    }
    // The last run left the settings as it made them.
    let env = try? DurableFile.read(paths.env)
    guard env.map({ EnvFile(parsing: $0).isForContainers }) == true else { return found }
    do {
      let docker = try Docker(environment: environment, folder: workspace.root)
      if try docker.endOrphans(of: paths) { found = true }
    } catch {
      trouble("\(paths.id): whether an earlier run has left containers at work could not be seen: \(error)")
    }
    return found
  }

  /// The same for a job that is named by its id or a path in it, once nobody has it in hand.
  ///
  /// - Throws: ``JobError``: with code `usage` when there is no such job, `locked` when somebody has it in hand.
  public static func end(
    ofJob name: String, in workspace: Workspace, environment: [String: String], trouble: (String) -> Void
  ) throws -> Bool {
    guard let job = try JobIndex.standingJob(named: name, in: workspace) else {
      throw JobError(.usage, name, "no such job in \(workspace.outputRoot)")
    }
    let paths = job.paths(in: workspace)
    let lock = try FileLock.take(paths.lock, subject: paths.id.description)
    let found = try end(of: paths, in: workspace, environment: environment, trouble: trouble)
    _ = consume lock
    return found
  }
}
