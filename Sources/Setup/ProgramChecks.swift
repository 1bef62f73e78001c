internal import Engines
internal import Jobs
internal import Pipeline
internal import SystemPackage

/// The programs that the shipped stages call.
struct ProgramChecks {
  let environment: [String: String]

  func run() async -> [CheckResult] {
    [
      await version("ffmpeg", ["-version"], package: "ffmpeg", needed: "demux and mux cannot work"),
      await version("ffprobe", ["-version"], package: "ffmpeg", needed: "demux and mux cannot work"),
      await version(
        "python3", ["--version"], package: "python3-venv", needed: "the speech engines cannot be installed"),
      await version("curl", ["--version"], package: "curl", needed: "film metadata cannot be fetched", optional: true),
      stageProgram(beside: runningProgramFolder()),
    ]
  }

  private func version(
    _ program: String, _ arguments: [String], package: String, needed: String, optional: Bool = false
  ) async -> CheckResult {
    let remedy = "Install it: apt-get install \(package)"
    let outcome = try? await Program(program, arguments, environment: ["PATH": environment["PATH"]]).run()
    guard let outcome, outcome.succeeded else {
      let message = "\(outcome.map { "fails with exit status \($0.status)" } ?? "not found"): \(needed)"
      return optional ? .warning(program, message, remedy) : .error(program, message, remedy)
    }
    let text = String(decoding: outcome.output, as: UTF8.self)
    return .ok(program, Self.beginning(of: text))
  }

  /// The first line, without whose work it is, as far as sixty characters have room for whole words.
  private static func beginning(of text: String) -> String {
    var line = text.prefix { !$0.isNewline }
    if let rights = line.firstRange(of: " Copyright") { line = line[..<rights.lowerBound] }
    let short = line.prefix(60)
    if short.endIndex == line.endIndex || line[short.endIndex] == " " { return String(short) }
    return short.lastIndex(of: " ").map { String(short[..<$0]) } ?? String(short)
  }

  /// cpwx-stage lies beside cpwx, or among the engines, or in PATH.
  func stageProgram(beside folder: FilePath?) -> CheckResult {
    let name = "cpwx-stage"
    let folders = stageProgramFolders(beside: folder, environment: environment)
    if let found = ProgramSearch(toolFolders: folders, environment: environment).find(name) {
      return .ok(name, found.string)
    }
    return .error(
      name, "not found beside cpwx, among the engines or in PATH: no stage that ships can run",
      "Copy it beside cpwx, or, where both lie together: cpwx doctor --fix")
  }
}
