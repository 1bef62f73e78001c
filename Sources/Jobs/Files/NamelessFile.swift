public import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A file without a name for a program's standard input. Unlike a pipe it cannot break when the program ends early;
/// and it leaves nothing behind: it lies in memory where the system has such a folder, and ends with its last user.
///
/// - Throws: ``JobError`` with code `io`.
public func namelessFile(_ bytes: [UInt8]) throws -> FileDescriptor {
  let folder = unsafe access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
  var name = Array("\(folder)/.cpwx-XXXXXX".utf8CString)
  let number = unsafe mkstemp(&name)
  guard number >= 0 else {
    throw JobError(.io, folder, "no room for a program's input", underlying: Errno(rawValue: errno))
  }
  unlink(FilePath(platformString: name))
  // A program started at the same moment must not inherit it.
  _ = fcntl(number, F_SETFD, FD_CLOEXEC)
  let file = FileDescriptor(rawValue: number)
  do {
    try file.writeAll(bytes)
    try file.seek(offset: 0, from: .start)
    return file
  } catch {
    try? file.close()
    throw JobError(.io, folder, "no room for a program's input", underlying: error)
  }
}
