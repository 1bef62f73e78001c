internal import Jobs
internal import SystemPackage

/// Gives a file or folder a free name, in another folder too. A folder that its owner may not write in goes only while he may: what is above it
/// is written in it.
///
/// - Throws: `Errno.fileExists` when something has the name.
func moveToFreeName(_ from: FilePath, to: FilePath) throws(Errno) {
  do throws(Errno) {
    try renameToFreeName(from, to: to)
  } catch {
    guard error == .permissionDenied, let closed = try? FileStatus(ofLink: from), closed.isDirectory,
      !closed.permissions.contains(.ownerWrite), setMode(from, closed.permissions.union(.ownerWrite))
    else { throw error }
    do throws(Errno) {
      try renameToFreeName(from, to: to)
    } catch {
      setMode(from, closed.permissions)
      throw error
    }
    setMode(to, closed.permissions)
  }
}
