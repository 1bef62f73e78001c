internal import CLinux
internal import Glibc
internal import Jobs
internal import SystemPackage

/// Watches a running stage: passes its output on, keeps its time, and sees to it that nothing of it stays.
extension StageProcess {
  struct Watch {
    let process: StageProcess
    let child: Child
    let stop: StopSource
    private var reason: End?
    /// When the processes that were asked to end are made to.
    private var killAt: ContinuousClock.Instant?
    /// What the stage's first process had begun by the time it was told to end, or had ended, wherever that went off to.
    private var begun: Set<ProcessGroup.Member> = []
    private var isOpen = true
    /// Without a descriptor for its end (none left, or forbidden) the process is looked at now and then.
    private var hasPidfd = true
    private var memory: PeakMemory
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    init(process: StageProcess, child: Child, stop: StopSource) {
      (self.process, self.child, self.stop) = (process, child, stop)
      memory = PeakMemory(of: child)
    }

    mutating func run(output: (ArraySlice<UInt8>) -> Void) -> Outcome {
      let ending = pidfd_open(child.pid, 0)
      defer { close(ending) }
      hasPidfd = ending >= 0
      memory.look()
      while !step(ending, output) {
        checkTime()
        memory.look()
      }
      var usage = rusage()
      var status: CInt = 0
      while unsafe wait4(child.pid, &status, 0, &usage) < 0, errno == EINTR {}
      AdoptedProcesses.noteEnded(child.pid)
      endSurvivors()
      // What is in the pipe still; not more, should something go on writing all the same.
      for _ in 0..<Self.lastReads where !passOn(waiting: 0, output) { break }
      try? child.output.close()
      var outcome = Outcome(end: reason ?? Self.end(status))
      outcome.cpuSeconds = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
      outcome.peakMemoryBytes = memory.result(told: Int(usage.ru_maxrss) * 1024)
      return outcome
    }

    /// Waits for output, a stop, the next time limit or the end; `true` when the stage's first process has ended.
    private mutating func step(_ ending: CInt, _ output: (ArraySlice<UInt8>) -> Void) -> Bool {
      var descriptors = [
        pollfd(fd: isOpen ? child.output.rawValue : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: reason == nil ? stop.wakeUp.rawValue : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: ending, events: Int16(POLLIN), revents: 0),
      ]
      guard unsafe poll(&descriptors, 3, millisecondsToNextLimit) > 0 else { return !hasPidfd && hasEnded }
      if descriptors[0].revents != 0 { isOpen = passOn(waiting: 0, output) }
      return hasPidfd ? descriptors[2].revents != 0 : hasEnded
    }

    /// Whether the stage's first process has ended; it stays to be reaped.
    private var hasEnded: Bool {
      var info = unsafe siginfo_t()
      return unsafe waitid(P_PID, id_t(child.pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_signo == SIGCHLD
    }

    /// Passes on what the pipe holds; `false` when it has ended, or has nothing now.
    private mutating func passOn(waiting: Int32, _ output: (ArraySlice<UInt8>) -> Void) -> Bool {
      var descriptor = pollfd(fd: child.output.rawValue, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&descriptor, 1, waiting) > 0 else { return false }
      let count = unsafe read(child.output.rawValue, &buffer, buffer.count)
      if count > 0 { output(buffer[..<count]) }
      return count > 0
    }

    private var millisecondsToNextLimit: Int32 {
      let limit = killAt ?? process.timeout.map { child.started + .seconds(min($0, 1e9)) }
      let look = memory.millisecondsToNextLook.map { $0 + 1 }
      guard let limit else { return look.map { Int32(min(hasPidfd ? 60_000 : 100, $0)) } ?? (hasPidfd ? -1 : 100) }
      let milliseconds = (limit - .now) / .milliseconds(1) + 1
      // A kill is repeated until it has worked.
      let next = Int32(min(hasPidfd ? 60_000 : 100, max(killAt == nil ? 1 : 50, milliseconds)))
      return look.map { min(next, Int32($0)) } ?? next
    }

    /// A pipe holds 1 MiB at the most.
    private static let lastReads = 64

    /// Seconds that it takes, at the most, to hear that remote work has ended.
    private static let timeToTell = 5.0

    private mutating func checkTime() {
      let now = ContinuousClock.now
      if reason == nil {
        if stop.level == .now {
          reason = .stopped
        } else if let timeout = process.timeout, now - child.started >= .seconds(timeout) {
          reason = .timedOut
        }
        if reason != nil {
          if let remote = process.remote {
            remote.end(grace: process.grace)
            killAt = now + .seconds(process.grace + Self.timeToTell)
          } else {
            begun = ProcessGroup.descendants(of: child.pid)
            ProcessGroup.signal(SIGTERM, group: child.pid, marker: process.marker, and: begun)
            killAt = now + .seconds(process.grace)
          }
        }
      } else if let killAt, now >= killAt {
        process.remote?.kill()
        ProcessGroup.makeEnd(group: child.pid, marker: process.marker, and: &begun)
      }
    }

    /// Ends what the stage's first process left running. What that began may come to us only once it has ended.
    private mutating func endSurvivors() {
      var strays = AdoptedProcesses.living()
      for _ in 0..<10 {
        endSurvivors(strays)
        let known = Set(strays)
        strays = AdoptedProcesses.living()
        if known.isSuperset(of: strays) { return }
      }
    }

    private mutating func endSurvivors(_ strays: [pid_t]) {
      if Orphans.isMarker(process.marker), !OutsideWork.hasBeen(since: child.started) {
        for stray in AdoptedProcesses.nameless(strays, of: child.member) {
          begun.formUnion(ProcessGroup.descendants(of: stray.pid).union([stray]))
        }
      }
      let marker = reason == nil && strays.isEmpty ? nil : process.marker
      guard ProcessGroup.isAlive(group: child.pid, marker: marker, and: begun) else { return }
      ProcessGroup.end(
        group: child.pid, marker: process.marker, and: begun,
        grace: reason == nil ? min(process.grace, 2) : process.grace)
    }

    private static func end(_ status: CInt) -> End {
      status & 0x7F == 0 ? .exited(Int(status >> 8) & 0xFF) : .signalled(Int(status & 0x7F))
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
  }
}
