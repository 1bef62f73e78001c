internal import ArgumentParser
internal import Jobs
internal import SystemPackage

struct ManifestRecordCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Run a stage's command, and keep the stage's entry in the manifest around it.",
    discussion: """
      For stages in other languages than Swift and Python. The entry says running while COMMAND works, then success, or failed with the reason; the exit code is that of COMMAND.

      EXAMPLES
        cpwx manifest record latest asr --output text=asr.json -- whisper film.wav
        cpwx manifest record latest translate --metadata model=nllb -- nllb
      Then see: cpwx manifest show JOB
      """)

  @OptionGroup var job: JobArgument

  @Argument(help: .init("The stage's name.", valueName: "stage"))
  var stage: String

  @Option(parsing: .unconditional, help: .init("Its place in the pipeline, from 1.", valueName: "number"))
  var number: Int?

  @Option(name: .customLong("input"), help: .init("A file that it reads; may be repeated.", valueName: "key=path"))
  var inputs: [KeyedValue] = []

  @Option(name: .customLong("output"), help: .init("A file that it makes; may be repeated.", valueName: "key=path"))
  var outputs: [KeyedValue] = []

  @Option(help: .init("A fact about the work, JSON or a text; may be repeated.", valueName: "key=value"))
  var metadata: [KeyedValue] = []

  @Argument(parsing: .postTerminator, help: .init("What is run: a program and its arguments.", valueName: "command"))
  var command: [String] = []

  @OptionGroup var workspaceOptions: WorkspaceOptions

  func validate() throws {
    if command.isEmpty { throw ValidationError("Say what is to be run, as in: -- sh translate.sh") }
    if !stage.contains(where: { !$0.isWhitespace }) {
      throw ValidationError("The stage has no name. Is it a variable that is not set?")
    }
    if let number, number < 1 { throw ValidationError("--number is a number from 1.") }
  }

  /// JSON, or a text: what only Python takes for a number, as NaN, is one.
  private static func document(of text: String) -> JSON {
    guard let document = try? JSON(parsing: Array(text.utf8)), !document.holdsNoNumber else { return .string(text) }
    return document
  }

  func run() async throws {
    let call = ForegroundCall(command)
    do {
      try await StageManifest.record(stage, number: number, in: folder(), environment: processEnvironment()) {
        manifest in
        for input in inputs { manifest.addInput(input.key, FilePath(input.value)) }
        for output in outputs { manifest.addOutput(output.key, FilePath(output.value)) }
        for fact in metadata { manifest.addMetadata(fact.key, Self.document(of: fact.value)) }
        try call.run()
      }
    } catch let failure as ForegroundCall.Failure {
      // It has said itself what went wrong.
      throw ExitStatus(rawValue: failure.exitCode)
    }
  }

  /// A folder needs no workspace around it.
  private func folder() throws -> FilePath {
    let named = absolute(FilePath(job.job))
    if job.job.contains("/"), isDirectory(named) { return named }
    return try workspaceOptions.open().paths(ofJob: job.job).output
  }
}

/// `KEY=VALUE`, as an option has it.
struct KeyedValue: ExpressibleByArgument {
  let key: String
  let value: String

  init?(argument: String) {
    guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
    (key, value) = (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
  }
}

extension JSON {
  /// Whether `NaN` or `Infinity` is in it.
  fileprivate var holdsNoNumber: Bool {
    switch self {
    case .number: double?.isFinite != true
    case .array(let elements): elements.contains(where: \.holdsNoNumber)
    case .object(let object): object.members.contains(where: \.value.holdsNoNumber)
    default: false
    }
  }
}
