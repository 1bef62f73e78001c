internal import Glibc
internal import Jobs
internal import SystemPackage

/// A program that takes the place of this one for as long as it runs: its input and outputs are ours, and signals go to it.
struct ForegroundCall {
  /// Why the program did not end well.
  struct Failure: Error, CustomStringConvertible {
    /// As a shell has it.
    let exitCode: CInt
    let description: String
  }

  /// Written once, before there is anybody whom the handler could end.
  nonisolated(unsafe) private static var child: pid_t = 0

  private let words: [String]

  init(_ words: [String]) { self.words = words }

  /// Runs it to its end.
  ///
  /// - Throws: ``Failure``; ``JobError`` with code `missingEngine` when it cannot be started.
  func run() throws {
    // The thread that this runs on may hold back nearly all signals, and a program inherits that.
    var none = sigset_t()
    unsafe sigemptyset(&none)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { unsafe arguments.forEach { unsafe free($0) } }
    let code = unsafe posix_spawnp(&Self.child, words[0], nil, &attributes, &arguments, environ)
    guard code == 0 else {
      throw JobError(
        .missingEngine, words[0], "cannot be started",
        remedy: "It is looked for in PATH; the stage's entry says that it failed.", underlying: Errno(rawValue: code))
    }
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_handler = { number in _ = unsafe kill(ForegroundCall.child, number) }
    action.sa_flags = SA_RESTART
    for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaction(number, &action, nil) }
    var status: CInt = 0
    while unsafe waitpid(Self.child, &status, 0) < 0 && errno == EINTR {}
    let signal = status & 0x7F
    if signal != 0 { throw Failure(exitCode: 128 + signal, description: "ended by signal \(signal)") }
    let exit = status >> 8 & 0xFF
    if exit != 0 { throw Failure(exitCode: exit, description: "exit code \(exit)") }
  }
}
