internal import ArgumentParser
internal import Jobs
internal import SystemPackage

/// What the command line and the manifest say of a stage.
struct StageDescription: Sendable {
  /// With underscores.
  var name: String
  /// Its place among the ten.
  var number: Int
  var abstract: String
  /// In usage form; the last one may stand in brackets and be left out.
  var arguments: [String]
}

/// The words after the stage's name, taken as they are: a title may begin with a hyphen.
struct StageWords: ParsableArguments {
  @Argument(parsing: .captureForPassthrough, help: .hidden) var all: [String] = []
}

/// A stage as a subcommand, under both spellings of its name.
protocol StageCommand: AsyncParsableCommand {
  static var stage: StageDescription { get }
  var words: StageWords { get }
  /// The job's folder, told from the arguments.
  static func jobFolder(_ arguments: [String]) -> FilePath
  /// Does the work, and tells `manifest` what was read and made.
  static func work(
    _ arguments: [String], _ context: StageContext, _ manifest: inout StageManifest
  ) async throws
}

extension StageCommand {
  static var configuration: CommandConfiguration {
    let hyphenated = stage.name.replacing("_", with: "-")
    return CommandConfiguration(
      commandName: stage.name, abstract: stage.abstract,
      usage: (["cpwx-stage", stage.name] + stage.arguments).joined(separator: " "),
      discussion: """
        EXAMPLES
          job=$(cpwx job path latest); export CONFIG_PATH=$job/job.env
          cpwx-stage \(stage.name) \(stage.arguments.map { sampleWords[$0] ?? $0 }.joined(separator: " "))
          cpwx run --from-stage \(stage.name) in/film.mp4
        Then see: cpwx manifest outputs JOB
        """,
      aliases: hyphenated == stage.name ? [] : [hyphenated])
  }

  /// Most stages have the job's folder as their only argument.
  static func jobFolder(_ arguments: [String]) -> FilePath { FilePath(arguments[0]) }

  func run() async throws {
    var arguments = words.all
    if arguments == ["--help"] || arguments == ["-h"] { throw CleanExit.helpRequest(self) }
    if arguments == ["--version"] { throw CleanExit.message(programVersion) }
    if arguments.first == "--" { arguments.removeFirst() }
    try await Self.run(arguments, environment: processEnvironment())
  }

  /// Checks the arguments and does the work, with the stage's entry in the job's manifest around it.
  static func run(_ arguments: [String], environment: [String: String]) async throws {
    let optional = stage.arguments.count { $0.hasPrefix("[") }
    guard (stage.arguments.count - optional...stage.arguments.count).contains(arguments.count) else {
      throw JobError(
        .usage, "cpwx-stage \(stage.name)",
        "takes \(stage.arguments.joined(separator: " ")), not \(arguments.count) words",
        remedy: "See: cpwx-stage \(stage.name) --help")
    }
    let job = absolute(jobFolder(arguments))
    let context = try StageContext(stage: stage.name, job: job, environment: environment)
    do {
      try await StageManifest.record(stage.name, number: stage.number, in: job, environment: environment) {
        manifest in
        do {
          try await work(arguments, context, &manifest)
        } catch {
          throw Interruption.received ?? context.clean(error)
        }
      }
    } catch is CancellationError {
      throw Interruption.received ?? Interruption(signal: 15)
    }
    context.progress.report(1)
  }
}

/// What help has for the words of a usage form.
private let sampleWords = [
  "INPUT": "in/film.mp4", "OUT_DIR": "\"$job\"", "TITLE": "Sholay", "[YEAR]": "1975", "SRT": "film.srt",
  "OUTPUT": "\"$job/final_output.mp4\"",
]

extension StageContext {
  /// `error` without the values of secrets.
  fileprivate func clean(_ error: any Error) -> any Error {
    guard var error = error as? JobError else { return error }
    error.subject = log.masked(error.subject)
    error.message = log.masked(error.message)
    error.remedy = error.remedy.map { log.masked($0) }
    return error
  }
}
