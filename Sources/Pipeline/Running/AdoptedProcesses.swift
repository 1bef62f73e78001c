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
  private struct Own {
    var pids: Set<pid_t> = []
    /// Processes that are being started now, and may be children already without being known.
    var starting = 0
    /// How many have been started so far.
    var started = 0
  }

  private static let own = Mutex(Own())

  /// Asks the kernel for the stray children of everything that is started from now on.
  static func adopt() { _ = linux_become_subreaper() }

  /// Starts a process that is not to be taken for a stray, however short its life is.
  ///
  /// - Parameter spawn: gives its number; `nil` when it did not come to be.
  static func starting(_ spawn: () -> pid_t?) {
    own.withLock { $0.starting += 1 }
    let pid = spawn()
    own.withLock { own in
      own.starting -= 1
      own.started += 1
      if let pid { own.pids.insert(pid) }
    }
  }

  static func noteEnded(_ pid: pid_t) { _ = own.withLock { $0.pids.remove(pid) } }

  /// Those that are alive now. The dead among them are laid to rest.
  static func living() -> [pid_t] {
    while true {
      let before = own.withLock { $0.starting == 0 ? $0.started : nil }
      let children = children()
      let known = own.withLock { $0.starting == 0 && $0.started == before ? $0.pids : nil }
      guard let known else {
        // Something was started meanwhile: which child is whose is known in a moment.
        usleep(200)
        continue
      }
      var hasReaped = false
      let living = children.filter { pid in
        if known.contains(pid) { return false }
        var status: CInt = 0
        let ended = unsafe wait4(pid, &status, WNOHANG, nil)
        if ended > 0 { hasReaped = true }
        return ended == 0
      }
      // What those had begun may have come to us since.
      if !hasReaped { return living }
    }
  }

  /// Those among `strays` that tell nothing of whose they are, and are a process's that has ended: they came to be while it
  /// ran, and nothing that still runs was there then.
  static func nameless(_ strays: [pid_t], of ended: ProcessGroup.Member?) -> Set<ProcessGroup.Member> {
    guard let ended, !strays.isEmpty else { return [] }
    func found() -> Set<ProcessGroup.Member> {
      Set(strays.filter(ProcessGroup.isBare).compactMap(ProcessGroup.living))
    }
    var nameless = found()
    if nameless.isEmpty { return [] }
    // One that starts another program just now seems to have no variables.
    usleep(20_000)
    nameless.formIntersection(found())
    let first = own.withLock { $0.pids }.compactMap { ProcessGroup.living($0)?.began }.min() ?? .max
    return nameless.filter { $0.began >= ended.began && $0.began < first }
  }

  /// The kernel gives strays to the process's first thread (`find_alive_thread` in its exit.c), which lives as long as
  /// the process: it waits for the run. What other threads have started is known.
  private static func children() -> [pid_t] {
    guard let bytes = try? DurableFile.read(FilePath("/proc/self/task/\(getpid())/children")) else { return [] }
    return bytes.split(separator: 0x20).compactMap { pid_t(String(decoding: $0, as: UTF8.self)) }
  }
}
