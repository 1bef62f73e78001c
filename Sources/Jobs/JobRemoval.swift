internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Removes jobs for good: their folders and, unless they are to stay, their logs.
///
/// A job that is being removed is first renamed out of sight (``Tombstone``), then emptied: killed at any moment, the job
/// is whole, or what is left of it is swept by the next removal or run.
public struct JobRemoval: Sendable {
  public let workspace: Workspace
  public let keepsLogs: Bool

  public init(in workspace: Workspace, keepsLogs: Bool = false) {
    (self.workspace, self.keepsLogs) = (workspace, keepsLogs)
  }

  /// How much would be removed with a job.
  public func size(of paths: JobPaths) -> TreeSize {
    let output = FolderTree(root: paths.output).size()
    return keepsLogs || paths.logs == paths.output ? output : output + FolderTree(root: paths.logs).size()
  }

  /// Removes a job. Its number is never given again.
  ///
  /// - Parameter held: called once nobody else has the job in hand, and before anything goes; nothing does where it throws.
  /// - Throws: ``JobError``: with code `locked` when somebody has the job in hand, `io` when something of it cannot be
  ///   removed; it says what stays.
  public func remove(_ paths: JobPaths, held: () throws -> Void = {}) throws {
    try refuseForeign(paths)
    let lock = try lock(paths)
    try? lock.describeHolder(["pid": .int(Int(getpid())), "since": .string(Timestamp.now.text)])
    try held()
    try remove(paths, holding: lock)
  }

  /// The same for who holds the job's lock already.
  ///
  /// - Parameter hidden: called once the job is out of sight, and nothing of it is removed yet.
  public func remove(_ paths: JobPaths, holding lock: borrowing FileLock, hidden: () -> Void = {}) throws {
    try keepNumber(of: paths.id.description)
    guard let tombstone = Tombstone(of: paths.output, keepsLogs: keepsLogs) else { return }
    // Not needed: on a full disk, where jobs are removed to make room, there may be none for it.
    let note = try? RemovalNotes(workspace: workspace).begin(tombstone)
    do {
      try rename(paths.output, to: tombstone.folder)
    } catch {
      if let note { unlink(note) }
      throw JobError(
        .io, paths.output.string, "cannot be removed", remedy: "Nothing was removed.", underlying: error)
    }
    hidden()
    try empty(tombstone, logs: paths.logs, temporaryEnv: paths.temporaryEnv)
    if let note { unlink(note) }
  }

  /// Sees to it that the number of a job, of which nothing is left soon, is never given again. Durable on return.
  ///
  /// - Throws: ``JobError`` with code `io`.
  public func keepNumber(of id: String) throws {
    if let id = JobID(id) { try JobNumbering(workspace: workspace).keep(id) }
  }

  /// Refuses folders that are not the job's own: a link to elsewhere, a place where another file system is mounted.
  ///
  /// - Throws: ``JobError`` with code `io`.
  public func refuseForeign(_ paths: JobPaths) throws {
    try refuseLink(paths)
    for folder in keepsLogs ? [paths.output] : [paths.output, paths.logs] {
      guard let place = MountPoints.below(folder) else { continue }
      throw JobError(
        .io, paths.id.description, "another file system is mounted at \(place)",
        remedy: "Nothing was removed. Unmount it, and run this again.")
    }
  }

  /// Finishes the removals of which there are notes: those that this user's or another's cpwx was killed in.
  ///
  /// - Parameter failed: told of each that cannot be finished.
  public func finishNoted(failed: (JobError) -> Void) {
    for (note, tombstone) in RemovalNotes(workspace: workspace).all() where finish(tombstone, failed) { unlink(note) }
  }

  /// Finishes the removals that were cut short, whoever began them: looks through all folders of jobs.
  ///
  /// - Parameter failed: told of each that cannot be finished.
  /// - Returns: the names of the jobs' folders that are gone now.
  @discardableResult
  public func finishInterrupted(failed: (JobError) -> Void) -> [String] {
    Tombstone.all(in: workspace).filter { finish($0, failed) }.map(\.name)
  }

  private func finish(_ tombstone: Tombstone, _ failed: (JobError) -> Void) -> Bool {
    do {
      if exists(tombstone.lock) {
        let lock = try FileLock.take(tombstone.lock, subject: tombstone.name)
        try empty(tombstone)
        _ = consume lock
      } else {
        try empty(tombstone)
      }
      return true
    } catch let error as JobError {
      // Held: the removal was not cut short, it is at work.
      if error.code != .locked { failed(error) }
    } catch {
      failed(JobError(.io, tombstone.folder.string, "cannot be removed", underlying: error))
    }
    return false
  }

  /// The names of jobs' folders whose removal was cut short, or is at work.
  public func begun() -> Set<String> { Set(Tombstone.all(in: workspace).map(\.name)) }

  private func lock(_ paths: JobPaths) throws -> FileLock {
    do {
      return try FileLock.take(paths.lock, subject: paths.id.description)
    } catch let error as JobError where error.underlying as? Errno == .permissionDenied {
      // A folder that its owner closed to himself: it goes, so it may be opened.
      setMode(paths.output, .ownerReadWriteExecute)
      return try FileLock.take(paths.lock, subject: paths.id.description)
    } catch {
      if exists(paths.output) { throw error }
      throw JobError(
        .locked, paths.id.description, "was archived or removed by another process just now",
        remedy: "Nothing was removed. See what there is of it with: cpwx job list")
    }
  }

  /// Refuses a job whose folder is a link to elsewhere.
  ///
  /// - Throws: ``JobError`` with code `io`.
  public func refuseLink(_ paths: JobPaths) throws {
    let folder = paths.output
    var byte: CChar = 0
    guard unsafe folder.withPlatformString({ unsafe readlink($0, &byte, 1) }) >= 0 else { return }
    throw JobError(
      .io, folder.string, "is a symbolic link to \(realPath(folder)?.string ?? "nothing")",
      remedy: "Nothing was removed. Put the folder in the place of the link first, or remove both yourself.")
  }

  private func empty(_ tombstone: Tombstone) throws {
    let place = tombstone.folder.removingLastComponent()
    var inTree = place
    // Where the folder's name is in use again, logs under that name are not this job's.
    let isItsOwn = inTree.removePrefix(workspace.outputRoot) && !exists(place.appending(tombstone.name))
    let logs = isItsOwn ? workspace.logRoot.pushing(inTree).appending(tombstone.name) : nil
    try empty(
      tombstone, logs: logs, temporaryEnv: workspace.configFolder.appending(".env.job_\(tombstone.name)"))
  }

  /// Whether `config/.env.job_NAME` is of another job that is called alike and is still there: some layouts count for each
  /// user, or each folder, anew.
  private func isOfAnother(_ temporaryEnv: FilePath, _ name: String) -> Bool {
    guard let bytes = try? DurableFile.read(temporaryEnv), let root = EnvFile(parsing: bytes)["OUTPUT_ROOT"] else {
      return false
    }
    let folder = ContainerPlaces(workspace).hostPath(of: root) ?? workspace.resolve(documentPath: root)
    return folder.lastComponent?.string == name && isDirectory(folder)
  }

  /// Removes what a tombstone stands for, itself last.
  private func empty(_ tombstone: Tombstone, logs: FilePath?, temporaryEnv: FilePath) throws {
    // Before anything goes, the name under which the rest is found again must outlast a power cut.
    try DurableFile.syncFolder(of: tombstone.folder)
    var failures: [FolderTree.Failure] = []
    if let logs, !tombstone.keepsLogs {
      failures += FolderTree(root: logs).remove()
      if failures.isEmpty { try? DurableFile.syncFolder(of: logs) }
    }
    if exists(temporaryEnv), !isOfAnother(temporaryEnv, tombstone.name), !unlink(temporaryEnv) {
      failures.append((temporaryEnv, .current))
    }
    let tree = FolderTree(root: tombstone.folder)
    failures += tree.remove(but: JobPaths.lockName)
    // What a process of the job still writes there may come in between.
    for _ in 0..<3 where failures.isEmpty && exists(tombstone.folder) {
      let left = tree.remove()
      if left.isEmpty || left.contains(where: { $0.reason != .directoryNotEmpty }) { failures = left }
    }
    if failures.isEmpty, exists(tombstone.folder) { failures = [(tombstone.folder, .directoryNotEmpty)] }
    if let first = failures.first {
      let others = failures.count > 1 ? ", and \(failures.count - 1) more" : ""
      throw JobError(
        .io, tombstone.name, "is no job any more, but something of it stays: \(first.path)\(others)",
        remedy: "Mend that; the next cpwx job rm removes the rest.", underlying: first.reason)
    }
    try DurableFile.syncFolder(of: tombstone.folder)
  }
}
