internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Places at which a process may be cut off by a power failure, each just before a step that reaches the disk.
///
/// With `CPWX_FAULT_STEP=N` in the environment the process ends there as by SIGKILL, at the N-th it comes to: by going
/// through every N, tests see each state that a dead process can leave. Else passing one costs a comparison.
public enum FaultPoint {
  private static let last = environmentVariable("CPWX_FAULT_STEP").flatMap { Int($0) } ?? 0
  private static let passed = Atomic<Int>(0)

  /// Passes one. What Jobs itself writes, renames, syncs and removes does so already.
  public static func pass() {
    guard last > 0, passed.add(1, ordering: .relaxed).newValue == last else { return }
    kill(getpid(), SIGKILL)
    // Another thread may be the one that is told first.
    while true { pause() }
  }
}
