internal import ArgumentParser
internal import Glibc
internal import Jobs
internal import Pipeline

@main
struct CPWX: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cpwx",
    abstract: "Turns films into subtitled videos, a job a film, and keeps the jobs.",
    discussion: """
      A workspace is a folder with films in in/, settings in config/.env, and jobs in out/Y/M/D/USER/YYYYMMDD-NNN.

      EXAMPLES
        cpwx init films && cd films        make a workspace
        cpwx run in/film.mp4               turn a film into out/…/final_output.mp4
        cpwx job show latest               see what happened
      Then see: cpwx init, cpwx run

      -C, --format, --color, -q and -v may stand before a command that has them, too, as in cpwx -C films job list.

      EXIT CODES
        0         all asked for is done
        1         done, but a job or check failed
        64        usage
        65        damaged data
        69        an engine is missing
        74        input/output, disk full
        75        another process holds the lock, or work is held for room
        78        bad configuration
        130, 143  interrupted
        141       whoever read the result has gone
      """,
    version: programVersion,
    subcommands: [
      InitCommand.self, DoctorCommand.self, RunCommand.self, StatusCommand.self, ReportCommand.self, JobCommand.self,
      ManifestCommand.self, ArchiveCommand.self, MigrateCommand.self, CompleteCommand.self,
    ])

  private static let leading = LeadingOptions(Array(CommandLine.arguments.dropFirst()))
  /// As the parser wants them.
  private static var arguments: [String] { leading.words }

  static func main() async {
    unsafe setlocale(LC_CTYPE, "C.UTF-8")
    allowOpenFiles()
    Style.isPlain = FormatOptions.isPlain(leading.format)
    Style.choice = leading.color ?? .auto
    do {
      var command = try parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let error as JobError {
      let hint = error.code == .usage ? MistypedCommand(arguments)?.meant : nil
      fail(error.description + (hint.map { "\n  Did you mean: \($0)?" } ?? ""), ExitStatus(error.code))
    } catch let error as PipelineFileError {
      fail(error.description, .configuration)
    } catch let error as ExitStatus {
      Glibc.exit(error.rawValue)
    } catch {
      endParsing(error)
    }
  }

  /// Help that was asked for, or a command line that cannot be meant.
  private static func endParsing(_ error: any Error) -> Never {
    let code = exitCode(for: error)
    let mistyped = MistypedCommand(arguments)
    if code.isSuccess, arguments.first != "help" || mistyped == nil { tell(error) }
    var lines = fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if code.isSuccess { lines = ["there is no such command: \(mistyped?.word ?? "")"] }
    if lines[0].hasPrefix("Error: ") { lines[0].removeFirst("Error: ".count) }
    // What stands where a command could, and is no operand either.
    let surplus = ["Unexpected argument", "unexpected arguments:"]
    if let word = mistyped?.word, surplus.contains(where: { lines[0].contains("\($0) '\(word)'") }) {
      lines[0] = "there is no such command: \(word)"
    }
    if let mistyped, let meant = mistyped.meant {
      // Of several mistakes the first one is told.
      if !lines[0].contains("'\(mistyped.word)'") { lines[0] = "there is no such command: \(mistyped.word)" }
      lines[0] += (lines[0].hasSuffix(".") ? "" : ".") + " Did you mean: \(meant)?"
    } else if !code.isSuccess, let option = MistypedOption(arguments) {
      lines = [option.message] + lines.dropFirst().filter { !$0.hasPrefix("Help: ") }
    }
    fail(lines.joined(separator: "\n"), code.isSuccess ? .usage : ExitStatus(rawValue: code.rawValue))
  }

  private static func tell(_ error: any Error) -> Never {
    let width = Console.outColumns ?? 80
    // Each paragraph on a line, for the parser breaks lines without an indent.
    let help = fullMessage(for: error, columns: 10_000)
    let isHelp = help.contains("USAGE: ")
    Console.out(isHelp ? HelpText(help, within: width).text : help)
    Glibc.exit(0)
  }

  private static func fail(_ message: String, _ status: ExitStatus) -> Never {
    Console.error(message)
    Glibc.exit(status.rawValue)
  }
}

/// The documented exit codes.
struct ExitStatus: Error {
  let rawValue: Int32

  static let someFailed = ExitStatus(rawValue: 1)
  static let usage = ExitStatus(.usage)
  static let damaged = ExitStatus(.damaged)
  static let io = ExitStatus(.io)
  static let configuration = ExitStatus(.configuration)

  init(rawValue: Int32) { self.rawValue = rawValue }

  /// Of several troubles the code that all have in common, else 1; `nil` where there was none.
  init?(sharedBy codes: Set<Int32>) {
    guard let code = codes.first else { return nil }
    self.init(rawValue: codes.count == 1 ? code : 1)
  }

  init(_ code: JobError.Code) { rawValue = code.exitStatus }
}
