internal import Glibc
internal import Jobs
internal import SystemPackage

/// A job's lock for who only reads the job: its folder looks afterwards as it did before, times and modes included.
enum QuietLock {
  /// - Throws: ``JobError`` with code `locked` that names the holder.
  static func take(_ paths: JobPaths) throws -> FileLock {
    if exists(paths.lock) { return try FileLock.take(paths.lock, subject: paths.id.description) }
    let before: FileStatus
    do {
      before = try FileStatus(ofLink: paths.output)
    } catch {
      throw JobError(.io, paths.output.string, "is gone", underlying: error)
    }
    let isClosed = !before.permissions.contains(.ownerWrite)
    func setMode(_ mode: FilePermissions) { _ = paths.output.withPlatformString { chmod($0, mode.rawValue) } }
    // A folder that its owner closed to himself.
    if isClosed { setMode(before.permissions.union(.ownerReadWriteExecute)) }
    defer {
      if isClosed { setMode(before.permissions) }
      setModified(paths.output, before.modified)
    }
    return try FileLock.take(paths.lock, subject: paths.id.description)
  }

  /// Whether the lock file was made only to be locked: it tells of nobody.
  static func isOnlyALock(_ lock: FilePath) -> Bool { (try? FileStatus(of: lock))?.size == 0 }
}
