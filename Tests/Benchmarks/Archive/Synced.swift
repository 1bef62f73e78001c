internal import Glibc
internal import SystemPackage

/// Brings a file to the disk.
func synced(_ file: FileDescriptor) throws {
  if fsync(file.rawValue) != 0 { throw Errno(rawValue: errno) }
}
