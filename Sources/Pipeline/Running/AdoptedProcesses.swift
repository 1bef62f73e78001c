internal import CLinux
internal import Glibc
internal import Jobs
internal import Synchronization
internal import SystemPackage

/// Processes that a stage let go of: their parents ended, and the kernel made them children of this process.
///
/// That shows cheaply, without a look at every process of the machine, whether a stage left anything behind.
enum AdoptedProcesses {
  /// The stages' own first processes, which are our children from the start.
  private static let started = Mutex<Set<pid_t>>([])

  /// Asks the kernel for the stray children of everything that is started from now on.
  static func adopt() { _ = linux_become_subreaper() }

  /// Starts a process that is not to be taken for a stray, however short its life is.
  ///
  /// - Parameter spawn: gives its number; `nil` when it did not come to be.
  static func starting(_ spawn: () -> pid_t?) {
    started.withLock { started in
      if let pid = spawn() { started.insert(pid) }
    }
  }

  static func noteEnded(_ pid: pid_t) { _ = started.withLock { $0.remove(pid) } }

  /// Those that are alive now. The dead among them are laid to rest.
  static func living() -> [pid_t] {
    started.withLock { strays(besides: $0) }
  }

  private static func strays(besides own: Set<pid_t>) -> [pid_t] {
    let threads = names(in: "/proc/self/task")
    let children = threads.flatMap { thread -> [pid_t] in
      let file = FilePath("/proc/self/task/\(thread)/children")
      guard let bytes = try? DurableFile.read(file) else { return [] }
      return bytes.split(separator: 0x20).compactMap { pid_t(String(decoding: $0, as: UTF8.self)) }
    }
    return children.filter { pid in
      if own.contains(pid) { return false }
      var status: CInt = 0
      return wait4(pid, &status, WNOHANG, nil) == 0
    }
  }
}
