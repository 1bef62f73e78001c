import Foundation

/// How a program ended, and what it said.
struct Outcome {
  /// The exit code; `nil` when a signal ended it.
  var code: Int32?
  var signal: Int32?
  var output: String
  var errors: String
  /// Bytes: the largest resident size of it or of any program it waited for.
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
  private let started = Date()
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
    posix_spawn_file_actions_addopen(&actions, 1, capture + ".out", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, capture + ".err", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
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
    let code = posix_spawn(&number, "/usr/bin/env", &actions, &attributes, words, settings)
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

  /// Waits for its end; kills it when that takes longer than `seconds`.
  @discardableResult
  func wait(atMost seconds: Double = 300) throws -> Outcome {
    if let ended { return ended }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(pid, &status, WNOHANG, &usage) == 0 {
      if Date().timeIntervalSince(started) > seconds {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        ended = Outcome(output: "", errors: "", peakMemory: 0, seconds: seconds)
        let said = Self.text(capture + ".err").suffix(2000)
        throw Late(description: "\(arguments.prefix(4)) had not ended after \(seconds) s: \(said)")
      }
      usleep(5_000)
    }
    let exited = status & 0x7F == 0
    let outcome = Outcome(
      code: exited ? status >> 8 & 0xFF : nil, signal: exited ? nil : status & 0x7F,
      output: Self.text(capture + ".out"), errors: Self.text(capture + ".err"),
      peakMemory: Int(usage.ru_maxrss) * 1024, seconds: Date().timeIntervalSince(started))
    ended = outcome
    return outcome
  }

  private static func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}

/// Whether `condition` comes true within `seconds`, which only a failure takes: a busy disk may take half a minute for a job.
func eventually(within seconds: Double = 120, _ condition: () throws -> Bool) rethrows -> Bool {
  let started = Date()
  while Date().timeIntervalSince(started) < seconds {
    if try condition() { return true }
    usleep(10_000)
  }
  return try condition()
}
