internal import Glibc

/// What the kernel tells of this process.
enum ProcessStatus {
  /// The most memory it has held at once, in bytes: VmHWM.
  static var peakMemory: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }
}
