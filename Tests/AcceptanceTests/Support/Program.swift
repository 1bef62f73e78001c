import Foundation
import TestSupport

/// How a program ended, and what it said.
struct Outcome {
  /// The exit code; `nil` when a signal ended it.
  var code: Int32?
  var signal: Int32?
  var output: String
  var errors: String
  /// Bytes: its largest resident size, as seen until 5 ms before its end.
  var peakMemory: Int
  var seconds: Double

  var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// A program that has been started. Its output goes to files: no pipe can fill up, or be held open by what
/// it leaves behind.
final class Program {
  struct Late: Error, CustomStringConvertible {
    var description: String
  }

  let pid: pid_t
  private let arguments: [String]
  private let capture: String
  private let started = ContinuousClock.now
  private var ended: Outcome?

  /// - Parameters:
  ///   - folder: where it starts.
  ///   - capture: the path that its output is kept under, with `.out` and `.err`.
  init(_ arguments: [String], in folder: String, environment: [String: String], capture: String) throws {
    self.arguments = arguments
    self.capture = capture
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    // Opened here: on its way to becoming another one, no program waits for the disk.
    let files = [".out", ".err"].map { open(capture + $0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600) }
    defer { for file in files where file >= 0 { close(file) } }
    guard files.allSatisfy({ $0 >= 0 }) else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    posix_spawn_file_actions_adddup2(&actions, files[0], 1)
    posix_spawn_file_actions_adddup2(&actions, files[1], 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
    let words = (["env", "-C", folder, "--"] + arguments).map { strdup($0) } + [nil]
    let settings = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + settings { free(text) } }
    var number: pid_t = 0
    let code = ProgramStart.alone { posix_spawn(&number, "/usr/bin/env", &actions, &attributes, words, settings) }
    guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO) }
    pid = number
  }

  deinit {
    guard ended == nil else { return }
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
  }

  func send(_ signal: Int32) { kill(pid, signal) }

  /// What it has written to standard output so far.
  var outputSoFar: String { Self.text(capture + ".out") }

  /// What it has written to standard error so far.
  var errorsSoFar: String { Self.text(capture + ".err") }

  /// Waits for its end; kills it when that takes longer than `seconds` from now on, which only a failure takes: what it was
  /// waited for before is the test's doing.
  ///
  /// Stages that are to be ended would go on for ten minutes: a run that waits for them is late.
  @discardableResult
  func wait(atMost seconds: Double = 580) throws -> Outcome {
    if let ended { return ended }
    let asked = ContinuousClock.now
    var status: Int32 = 0
    var peakMemory = 0
    while waitpid(pid, &status, WNOHANG) == 0 {
      peakMemory = Self.peakMemory(of: pid) ?? peakMemory
      if asked.secondsAgo > seconds {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        ended = Outcome(output: "", errors: "", peakMemory: 0, seconds: started.secondsAgo)
        let said = Self.text(capture + ".err").suffix(2000)
        throw Late(description: "\(arguments.prefix(4)) had not ended after \(seconds) s: \(said)")
      }
      usleep(5_000)
    }
    let exited = status & 0x7F == 0
    let outcome = Outcome(
      code: exited ? status >> 8 & 0xFF : nil, signal: exited ? nil : status & 0x7F,
      output: Self.text(capture + ".out"), errors: Self.text(capture + ".err"),
      peakMemory: peakMemory, seconds: started.secondsAgo)
    ended = outcome
    return outcome
  }

  /// Bytes, from what the kernel keeps of the program that runs; `nil` when it has ended.
  ///
  /// What wait4(2) tells would not do: to a child's largest size the kernel counts what the process was before it
  /// became another program, which is that of these tests.
  private static func peakMemory(of pid: pid_t) -> Int? {
    let line = text("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let kilobytes = line?.split { $0 == " " || $0 == "\t" }.dropFirst().first
    return kilobytes.flatMap { Int($0) }.map { $0 * 1024 }
  }

  private static func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}

/// Whether `condition` comes true within `seconds`, which only a failure takes: a busy disk may take half a minute for a job, and
/// stand still for a minute several times on the way.
///
/// Whatever the clock on the wall is set to meanwhile.
func eventually(within seconds: Double = 240, _ condition: () throws -> Bool) rethrows -> Bool {
  let started = ContinuousClock.now
  while started.secondsAgo < seconds {
    if try condition() { return true }
    usleep(10_000)
  }
  return try condition()
}

extension ContinuousClock.Instant {
  fileprivate var secondsAgo: Double { (ContinuousClock.now - self) / .seconds(1) }
}
