internal import Jobs
internal import SystemPackage

/// The logs that go into a job's archive: all that the job has, or it is not archived.
struct JobLogsFolder {
  /// `nil` where there are none, or they lie in the job's own folder.
  let folder: FilePath?

  /// - Throws: ``JobArchiving/Kept`` for logs that would be lost, or stay behind.
  init(of paths: JobPaths, in workspace: Workspace) throws {
    let told = (try? JobInfo(reading: paths.info))?.document["log_dir"]?.string
    if let told {
      let other = workspace.resolve(documentPath: told)
      // The folders above may have moved, or be a container's; logs of another name are another job's.
      if other.lastComponent == paths.output.lastComponent, other != paths.logs, other != paths.output,
        let real = realPath(other), real != realPath(paths.logs), real != realPath(paths.output)
      {
        throw JobArchiving.Kept(
          reason:
            "its logs lie in \(told), and LOG_ROOT leads to \(workspace.documentPath(paths.logs)): move them there")
      }
    }
    guard paths.logs != paths.output else {
      folder = nil
      return
    }
    let status: FileStatus
    do throws(Errno) {
      status = try FileStatus(ofLink: paths.logs)
    } catch {
      guard error == .noSuchFileOrDirectory || error == .notDirectory else {
        throw JobError(.io, paths.logs.string, "cannot be read", remedy: "The job stays.", underlying: error)
      }
      folder = nil
      return
    }
    guard status.isDirectory else {
      let what = status.isRegular ? "a file" : "a symbolic link, or nothing that an archive holds,"
      throw JobArchiving.Kept(
        reason: "\(workspace.documentPath(paths.logs)) is \(what) where the folder of its logs should be")
    }
    folder = paths.logs
  }
}
