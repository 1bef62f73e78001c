internal import CLinux
internal import Jobs
internal import SystemPackage

/// Whether a film is there as a whole, as far as its file tells.
enum Settling: Equatable {
  /// Nobody writes it, and it has been still long enough.
  case settled
  /// A process has it open to write.
  case beingWritten
  /// Nobody here writes it, but it changed a moment ago: so many seconds are left until it counts as still.
  case young(Double)

  /// - Parameter settle: how long a file must have been still, in seconds.
  init(of path: FilePath, _ status: FileStatus, settle: Double, now: Timestamp = .now) {
    let age = Double(now.microseconds - status.modified / 1000) / 1e6
    if hasWriter(path, status) {
      self = .beingWritten
    } else if settle > 0, age < settle {
      // A time in the future, of another machine's clock, tells nothing: it is watched for as long as any other.
      self = .young(min(settle, settle - age))
    } else {
      self = .settled
    }
  }
}

/// Whether any process has a file open to write.
///
/// The kernel knows, and says so by refusing a lease; where it gives no leases (another's file, a network), the
/// processes that may be looked at are.
private func hasWriter(_ path: FilePath, _ status: FileStatus) -> Bool {
  guard let file = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking]) else {
    return false
  }
  defer { try? file.close() }
  switch linux_has_writer(file.rawValue) {
  case 0: return false
  case 1: return true
  default: return writers(of: status)
  }
}

private func writers(of status: FileStatus) -> Bool {
  for process in names(in: "/proc") where Int(process) != nil {
    let folder = FilePath("/proc/\(process)/fd")
    for name in names(in: folder) {
      guard let open = try? FileStatus(of: folder.appending(name)), open.inode == status.inode,
        open.device == status.device,
        let info = try? DurableFile.read(FilePath("/proc/\(process)/fdinfo/\(name)"))
      else { continue }
      // "flags:" holds the way it was opened, in octal: 1 writes, 2 reads and writes.
      let flags = String(decoding: info, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("flags:") }
      let mode = flags?.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0, radix: 8) } ?? 0
      if mode & 3 != 0 { return true }
    }
  }
  return false
}
