internal import Jobs
internal import SystemPackage

/// A job's lock for who only reads the job: its folder looks afterwards as it did before, times and modes included.
enum QuietLock {
  /// - Throws: ``JobError`` with code `locked` that names the holder.
  static func take(_ paths: JobPaths) throws -> FileLock {
    try take(of: paths.output, subject: paths.id.description)
  }

  /// - Parameter folder: the job's.
  static func take(of folder: FilePath, subject: String) throws -> FileLock {
    let path = folder.appending(JobPaths.lockName)
    if exists(path) { return try FileLock.take(path, subject: subject) }
    let before: FileStatus
    do {
      before = try FileStatus(ofLink: folder)
    } catch {
      throw JobError(.io, folder.string, "is gone", underlying: error)
    }
    let isClosed = !before.permissions.contains(.ownerWrite)
    // A folder that its owner closed to himself.
    if isClosed { setMode(folder, before.permissions.union(.ownerReadWriteExecute)) }
    defer {
      if isClosed { setMode(folder, before.permissions) }
      setModified(folder, before.modified)
    }
    return try FileLock.take(path, subject: subject)
  }

  /// Whether the lock file was made only to be locked: it tells of nobody.
  static func isOnlyALock(_ lock: FilePath) -> Bool { (try? FileStatus(of: lock))?.size == 0 }
}
