internal import CLinux
internal import Glibc
internal import Jobs
internal import SystemPackage

/// A program that delivers something, in a session of its own: a Ctrl-C meant for the run does not reach it.
///
/// A shell around it writes its exit code to a pipe. The code cannot be had from the kernel: a run that reaps what its
/// stages left behind may come first.
struct HelperProgram {
  /// Looked for in PATH unless it holds a slash.
  var arguments: [String]
  var environment: [String: String]
  var folder: FilePath
  /// Its standard input.
  var input: [UInt8]
  /// What it finds at ``attachmentPath``.
  var attachment: [UInt8]?

  static let attachmentPath = "/dev/fd/4"

  struct Outcome {
    /// The exit code; `nil` when it was killed.
    var status: Int?
    /// It was ended because its time was up.
    var isLate = false
    /// The last lines of standard output and error.
    var lines: [String] = []

    var lastLine: String? { lines.last }
  }

  /// Runs the program to its end, or to the end of its time.
  ///
  /// What it starts in the background goes on, unless its time was up.
  /// - Throws: `Errno` or ``JobError`` when it cannot be started.
  func run(until limit: () -> ContinuousClock.Instant) throws -> Outcome {
    let said = try Pipe()
    let ended = try Pipe()
    let pid = try start(said, ended)
    said.closeWriter()
    ended.closeWriter()
    var outcome = Outcome()
    var text: [UInt8] = []
    var code: [UInt8] = []
    var hasEnded = false
    while !hasEnded {
      OutsideWork.note()
      let rest = limit() - .now
      if rest <= .zero {
        outcome.isLate = true
        end(pid)
        break
      }
      switch wait(for: [ended, said], atMost: Self.look(until: rest)) {
      case 0: hasEnded = !ended.read(into: &code) || code.last == 0x0A
      case 1:
        _ = said.read(into: &text)
        text.removeFirst(max(0, text.count - Self.mostText))
      default: break
      }
    }
    while said.hasMore, said.read(into: &text), text.count < 2 * Self.mostText {}
    if !outcome.isLate { outcome.status = Int(String(decoding: code.dropLast(), as: UTF8.self)) }
    outcome.lines = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
    while waitpid(pid, nil, 0) < 0, errno == EINTR {}
    return outcome
  }

  /// Milliseconds to the next look at a limit that may have come nearer.
  private static func look(until rest: Duration) -> Int32 { Int32(min(100, max(1, rest / .milliseconds(1)))) }

  /// Bytes.
  private static let mostText = 4096

  private static let script = #""$@" 3>&-; echo $? >&3"#

  private func start(_ said: Pipe, _ ended: Pipe) throws -> pid_t {
    let stdin = try Self.file(input)
    defer { try? stdin.close() }
    let attached = try attachment.map { try Self.file($0) }
    defer { try? attached?.close() }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, stdin.rawValue, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, said.writer.rawValue, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, said.writer.rawValue, 2)
    unsafe posix_spawn_file_actions_adddup2(&actions, ended.writer.rawValue, 3)
    if let attached { unsafe posix_spawn_file_actions_adddup2(&actions, attached.rawValue, 4) }
    _ = unsafe folder.withPlatformString { unsafe posix_spawn_file_actions_addchdir_np(&actions, $0) }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe linux_spawn_in_own_session(&attributes)
    let words = unsafe (["/bin/sh", "-c", Self.script, "cpwx"] + arguments).map { unsafe strdup($0) } + [nil]
    let settings = unsafe environment.map { unsafe strdup(environmentEntry($0.key, $0.value)) } + [nil]
    defer { unsafe (words + settings).forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let code = unsafe posix_spawn(&pid, "/bin/sh", &actions, &attributes, words, settings)
    guard code == 0 else { throw Errno(rawValue: code) }
    return pid
  }

  /// Asks all of its session to end, and makes them.
  private func end(_ pid: pid_t) {
    kill(-pid, SIGTERM)
    let limit = ContinuousClock.now + .milliseconds(500)
    while ContinuousClock.now < limit, kill(-pid, 0) == 0 {
      var information = unsafe siginfo_t()
      // The shell itself may have ended, and what it started not.
      _ = unsafe waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG)
      usleep(10_000)
    }
    kill(-pid, SIGKILL)
  }

  private static func file(_ bytes: [UInt8]) throws -> FileDescriptor { try lifted(namelessFile(bytes)) }

  /// The same file under a number that none of those has which the program is to find.
  fileprivate static func lifted(_ file: FileDescriptor) throws -> FileDescriptor {
    defer { try? file.close() }
    let number = fcntl(file.rawValue, F_DUPFD_CLOEXEC, 10)
    guard number >= 0 else { throw Errno(rawValue: errno) }
    return FileDescriptor(rawValue: number)
  }

  /// Waits until one can be read; the first such one's index.
  private func wait(for pipes: [Pipe], atMost milliseconds: Int32) -> Int? {
    var descriptors = pipes.map { pollfd(fd: $0.isOver ? -1 : $0.reader.rawValue, events: Int16(POLLIN), revents: 0) }
    guard unsafe poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0 else { return nil }
    return descriptors.firstIndex { $0.revents != 0 }
  }
}

/// A pipe whose ends no other program inherits.
private final class Pipe {
  let reader: FileDescriptor
  let writer: FileDescriptor
  private var hasWriter = true
  /// Everybody who could write has closed it.
  private(set) var isOver = false

  init() throws {
    let pipe = try FileDescriptor.pipe()
    let ends = [pipe.readEnd, pipe.writeEnd].map { end in Result { try HelperProgram.lifted(end) } }
    do {
      (reader, writer) = (try ends[0].get(), try ends[1].get())
    } catch {
      for end in ends { try? end.get().close() }
      throw error
    }
  }

  deinit {
    closeWriter()
    try? reader.close()
  }

  func closeWriter() {
    if hasWriter { try? writer.close() }
    hasWriter = false
  }

  var hasMore: Bool {
    var descriptor = pollfd(fd: reader.rawValue, events: Int16(POLLIN), revents: 0)
    return unsafe !isOver && poll(&descriptor, 1, 0) > 0
  }

  /// Appends what is there now; `false` at the end.
  func read(into bytes: inout [UInt8]) -> Bool {
    let piece = try? unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
      count = try unsafe reader.read(into: UnsafeMutableRawBufferPointer(buffer))
    }
    bytes += piece ?? []
    if piece?.isEmpty ?? true { isOver = true }
    return !isOver
  }
}
