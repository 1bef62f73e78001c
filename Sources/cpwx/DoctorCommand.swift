internal import ArgumentParser
internal import Jobs
internal import Pipeline
internal import Setup
internal import TextWidth

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check programs, engines, configuration, room and secrets; say what to do.",
    discussion: """
      Exit code 1 when something is wrong that keeps films from being done. --fix makes missing folders, closes files \
      with secrets to others, and installs the speech engines (about 1.4 GB, from PyPI). Where stages are run as \
      containers, Docker and the images are looked at, in place of this machine's programs and engines; where jobs are \
      handed to a cluster, Slurm's programs, its controller and its GPUs, too. With -q only what is not well is shown.

      EXAMPLES
        cpwx doctor
        cpwx doctor --fix
        cpwx doctor --runner docker
        cpwx doctor --executor slurm
      Then see: cpwx run
      """)

  @Flag(help: "Mend what can be mended, the speech engines included, and check again.")
  var fix = false

  @Option(help: .init("Check for stages that are run so. (default: RUNNER, else local)", valueName: "runner"))
  var runner: Runner?

  @Option(help: .init("Check for jobs that are done there. (default: EXECUTOR, else local)", valueName: "executor"))
  var executor: Executor?

  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  func run() async throws {
    let format = try formatOptions.resolved()
    if fix { try await checkup().fix { Console.note(wrapping: $0) } }
    let results = await checkup().run()
    let shown = workspaceOptions.quiet ? results.filter { $0.status != .ok } : results
    if format == .table {
      writeGroups(shown)
    } else {
      Listing(rows: shown.map(\.document), columns: [], keys: RowKeys.check).write(format)
    }
    if results.contains(where: { $0.status == .error }) { throw ExitStatus.someFailed }
  }

  private func checkup() -> Checkup {
    var environment = processEnvironment()
    if let runner { environment["RUNNER"] = runner.rawValue }
    if let executor { environment["EXECUTOR"] = executor.rawValue }
    let isNamed = workspaceOptions.directory != nil || environment["CPWX_WORKSPACE"]?.isEmpty == false
    return Checkup(
      workspace: Result { try workspaceOptions.open() }, isNamed: isNamed, environment: environment)
  }

  private func writeGroups(_ results: [CheckResult]) {
    for status in [CheckResult.Status.ok, .warning, .error] {
      let group = results.filter { $0.status == status }
      if group.isEmpty { continue }
      if Style.isPlain {
        for result in group {
          Console.field(status.rawValue, "\(result.check): \(result.message)")
          if let remedy = result.remedy { Console.field("to do", remedy) }
        }
        continue
      }
      Console.out(Style.painted(status.rawValue.uppercased(), as: status.rawValue))
      let width = group.map(\.check.displayWidth).max() ?? 0
      for result in group { write(result, width) }
    }
  }

  /// What a terminal must have to hold messages beside the checks' names.
  private static let wide = 60

  private func write(_ result: CheckResult, _ width: Int) {
    let room = Console.outColumns
    // A path is not broken: it is to be copied.
    let longest = result.message.split(whereSeparator: \.isWhitespace).map { String($0).displayWidth }.max() ?? 0
    let isBeside = room.map { $0 >= Self.wide && width + 4 + longest <= $0 } ?? true
    let indent = isBeside ? width + 4 : 4
    func lines(_ text: some StringProtocol, _ mark: String) -> [String] {
      String(text).wrapped(to: room.map { $0 - indent - mark.count }).enumerated().map { number, line in
        String(repeating: " ", count: indent) + (number == 0 ? mark : String(repeating: " ", count: mark.count)) + line
      }
    }
    var shown = result.message.split(whereSeparator: \.isNewline).flatMap { lines($0, "") }
    if isBeside, !shown.isEmpty {
      shown[0] = "  \(result.check.padded(to: width))  " + shown[0].dropFirst(indent)
    } else {
      shown.insert("  \(result.check)", at: 0)
    }
    for remedy in (result.remedy ?? "").split(whereSeparator: \.isNewline) {
      let whole = lines(remedy, "→ ")
      guard whole.count > 1, let (words, command) = Self.parted(remedy) else {
        shown += whole
        continue
      }
      let isNarrow = room.map { indent + 2 + command.displayWidth > $0 } ?? false
      shown += lines(words, "→ ") + [String(repeating: " ", count: isNarrow ? 4 : indent + 2) + command]
    }
    shown.forEach { Console.out($0) }
  }

  /// What is to be done, and the command or path at its end that does it, whole for copying.
  private static func parted(_ remedy: Substring) -> (words: Substring, command: String)? {
    var rest = remedy
    while let mark = rest.firstRange(of: ": ") { rest = rest[mark.upperBound...] }
    guard rest.startIndex > remedy.startIndex, rest.first.map({ $0.isLowercase || $0 == "/" }) == true, rest.last != "."
    else { return nil }
    return (remedy[..<remedy.index(before: rest.startIndex)], String(rest))
  }
}

extension CheckResult {
  fileprivate var document: JSON {
    [
      "check": .string(check), "status": .string(status.rawValue), "message": .string(message),
      "remedy": .string(remedy),
    ]
  }
}
