internal import CLinux
internal import Glibc
internal import Jobs
internal import SystemPackage

enum FileSystems {
  /// Brings everything that was written to the file system of `path` to the disk: for many changes, one wait.
  ///
  /// - Throws: `Errno`.
  static func sync(of path: FilePath) throws {
    let handle = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
    try handle.closeAfter {
      FaultPoint.pass()
      if syncfs(handle.rawValue) != 0 { throw Errno(rawValue: errno) }
    }
  }
}
