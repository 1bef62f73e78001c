internal import Glibc
internal import Jobs
internal import SystemPackage

/// The peak memory of a stage, in bytes.
///
/// Linux hands a process's peak on to the programs that it starts, so that what `wait4` tells is never below this
/// program's own. A stage that stays smaller is looked at while it runs: its processes' own peaks, as /proc has them.
struct PeakMemory {
  private let pid: pid_t
  private let inherited: Int
  private var seen: Int?
  private var nextLook: ContinuousClock.Instant
  private var pause = Duration.milliseconds(1)

  init(of child: StageProcess.Child) {
    (pid, inherited) = (child.pid, child.inheritedPeak)
    nextLook = child.started
  }

  /// This program's own until now.
  static var own: Int {
    var usage = rusage()
    unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
    return Int(usage.ru_maxrss) * 1024
  }

  /// Milliseconds until the next look; `nil` when none is needed any more.
  var millisecondsToNextLook: Double? {
    if let seen, seen > inherited { return nil }
    return max(0, (nextLook - .now) / .milliseconds(1))
  }

  /// Looks at the stage's processes when it is time to: often at first, once a second later.
  mutating func look() {
    guard millisecondsToNextLook == 0 else { return }
    if let peak = Self.peak(of: pid) { seen = max(seen ?? 0, peak) }
    nextLook = .now + pause
    pause = min(pause * 2, .seconds(1))
  }

  /// - Parameter told: what `wait4` tells of the ended stage.
  func result(told: Int) -> Int? { told > inherited ? told : seen }

  /// The largest peak of a process and those that it started and that still run.
  private static func peak(of pid: pid_t) -> Int? {
    guard let status = try? text(of: pid), let line = status.split(separator: "\n").first(where: isPeak),
      let kibibytes = Int(line.drop { !$0.isNumber }.prefix { $0.isNumber })
    else { return nil }
    return ProcessGroup.children(of: pid).compactMap { peak(of: $0) }.reduce(kibibytes * 1024, max)
  }

  private static func isPeak(_ line: Substring) -> Bool { line.hasPrefix("VmHWM:") }

  private static func text(of pid: pid_t) throws -> String {
    String(decoding: try DurableFile.read(FilePath("/proc/\(pid)/status")), as: UTF8.self)
  }
}
