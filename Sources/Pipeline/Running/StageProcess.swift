internal import CLinux
internal import Glibc
internal import Jobs
internal import SystemPackage

/// Work that a process stands for, and that goes on when that process is ended.
protocol RemoteWork {
  /// Asks it to end, and makes it after `grace` seconds. Does not wait.
  func end(grace: Double)
  /// Makes it end, whatever it does.
  func kill()
}

/// One attempt of a stage as processes: a session of its own, its output in one pipe, its end seen to.
///
/// swift-subprocess reaps its children without their resource usage; here `wait4` gives the kernel's own count of CPU
/// seconds and peak memory, the stage's finished children included. A process begins with the peak of the one that
/// starts it, though: a smaller stage is measured while it runs.
struct StageProcess {
  enum End: Sendable, Equatable {
    case exited(Int)
    case signalled(Int)
    /// It ran longer than it may.
    case timedOut
    /// The run was told to stop.
    case stopped
    /// The kernel ended some of it for want of memory; it had this exit code then.
    case outOfMemory(Int)
    /// What was to do the stage's work could not be started.
    case refused(StageRefusal)
  }

  struct Outcome: Sendable {
    var end: End
    /// User and system time; `nil`: unknown.
    var cpuSeconds: Double?
    /// The largest resident size of any one of its processes, or of all together where they are counted so; `nil`:
    /// unknown, as it ended before it could be measured.
    var peakMemoryBytes: Int?
  }

  var arguments: [String]
  var environment: [String: String]
  /// What stands for the values of `environment` that are no UTF-8, byte for byte.
  var environmentOfNoText: [String: [UInt8]] = [:]
  var directory: FilePath
  /// Folders looked through before PATH.
  var toolFolders: [FilePath]
  /// Seconds.
  var timeout: Double?
  var grace: Double
  /// A part of the environment that only this job's processes have: `NAME=value`.
  var marker: String
  /// How what it stands for is ended; `nil`: by signals to its processes.
  var remote: (any RemoteWork)?

  /// A process that has been started.
  struct Child {
    let pid: pid_t
    /// The same, told from a later process of that number; `nil` where it cannot be looked at.
    let member: ProcessGroup.Member?
    let output: FileDescriptor
    let started: ContinuousClock.Instant
    /// The peak memory that it began with, in bytes: this program's own.
    let inheritedPeak: Int
  }

  /// Starts the program.
  ///
  /// - Throws: `Errno`; `noSuchFileOrDirectory` when there is no such program.
  func start() throws -> Child {
    guard let program = arguments.first.flatMap({ find($0) }) else { throw Errno.noSuchFileOrDirectory }
    let pipe = try FileDescriptor.pipe()
    closeOnExec(pipe.readEnd)
    closeOnExec(pipe.writeEnd)
    defer { try? pipe.writeEnd.close() }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, pipe.writeEnd.rawValue, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, pipe.writeEnd.rawValue, 2)
    _ = unsafe directory.withPlatformString { unsafe posix_spawn_file_actions_addchdir_np(&actions, $0) }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe linux_spawn_in_own_session(&attributes)
    var pid: pid_t = 0
    let words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    let settings =
      unsafe environment.map { key, value in
        unsafe strdup(environmentEntry(key, value, ofNoText: environmentOfNoText[key]))
      } + [nil]
    defer { unsafe (words + settings).forEach { unsafe free($0) } }
    var code: CInt = 0
    AdoptedProcesses.starting {
      code = unsafe program.withPlatformString { unsafe posix_spawn(&pid, $0, &actions, &attributes, words, settings) }
      return code == 0 ? pid : nil
    }
    guard code == 0 else {
      try? pipe.readEnd.close()
      throw Errno(rawValue: code)
    }
    return Child(
      pid: pid, member: ProcessGroup.child(pid), output: pipe.readEnd, started: .now, inheritedPeak: PeakMemory.own)
  }

  /// Follows a started stage to its end, and ends it where it must not go on.
  func follow(_ child: Child, stop: StopSource, output: (ArraySlice<UInt8>) -> Void) -> Outcome {
    var watch = Watch(process: self, child: child, stop: stop)
    return watch.run(output: output)
  }

  /// Whether there is a program to start; of a path the kernel has to say so.
  var isThere: Bool { arguments.first.flatMap { find($0) } != nil }

  /// A path is taken as it is, from the stage's folder, so that what is wrong with it is the kernel's to say.
  private func find(_ program: String) -> FilePath? {
    program.contains("/")
      ? FilePath(program) : ProgramSearch(toolFolders: toolFolders, environment: environment).find(program)
  }
}

func closeOnExec(_ descriptor: FileDescriptor) {
  _ = fcntl(descriptor.rawValue, F_SETFD, FD_CLOEXEC)
}
