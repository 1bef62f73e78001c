internal import ArgumentParser
internal import Jobs
internal import SystemPackage

/// How much is said besides the result.
struct VerbosityOptions: ParsableArguments {
  @Flag(name: [.short, .long], help: "Say nothing but errors and the result.")
  var quiet = false

  @Flag(name: [.short, .long], help: "Say on standard error what is read, decided and done.")
  var verbose = false

  func take() { Console.verbosity = (quiet, verbose) }
}

/// Where the workspace is.
struct WorkspaceOptions: ParsableArguments {
  @Option(
    name: .customShort("C"),
    help: .init(
      "Work in this workspace; else in CPWX_WORKSPACE, else in the nearest folder upwards with config/.env.",
      valueName: "dir"))
  var directory: String?

  @OptionGroup var verbosity: VerbosityOptions

  var quiet: Bool { verbosity.quiet }

  func open(config: String? = nil) throws -> Workspace {
    verbosity.take()
    let workspace = try Self.find(directory, config: config.map { place($0).string })
    Console.detail("The workspace is \(workspace.root), its settings are those of \(workspace.configFile).")
    return workspace
  }

  /// A path as it was typed, from here; where nothing is there, and there is in the workspace that is named, from that.
  func place(_ path: String) -> FilePath {
    let here = FilePath(path)
    guard let named = directory ?? processEnvironment()["CPWX_WORKSPACE"], !named.isEmpty, !here.isEmpty,
      here.isRelative, !exists(here)
    else { return here }
    let there = absolute(FilePath(named)).pushing(here)
    return exists(there) ? there : here
  }

  static func find(_ directory: String?, config: String? = nil) throws -> Workspace {
    let workspace = try Workspace.find(
      directory.map { FilePath($0) }, configFile: config.map { FilePath($0) }, environment: processEnvironment())
    if config != nil || workspace.isThere { return workspace }
    throw JobError(
      .configuration, workspace.root.string, "is no workspace: it has neither config/.env nor jobs",
      remedy: "Make one there with: cpwx init \(workspace.root)")
  }
}

/// How results are written.
struct FormatOptions: ParsableArguments {
  @Option(
    name: .long,
    help: .init(
      "How to write the result: table, plain (for screen readers), json, ndjson or csv. (default: CPWX_FORMAT, else table)",
      valueName: "format"))
  var format: FormatChoice?

  @Option(name: .long, help: "Colours: auto (on terminals, without NO_COLOR), always or never.")
  var color = ColorChoice.auto

  /// What commands without a result to write go by.
  ///
  /// - Parameter given: what the command line names; else it is CPWX_FORMAT, else what the terminal is.
  static func isPlain(_ given: FormatChoice?) -> Bool {
    (given ?? (try? configured()) ?? (Console.isDumb ? .plain : .table)) == .plain
  }

  /// - Throws: ``JobError`` with code `usage` for a CPWX_FORMAT that is none.
  func resolved() throws -> OutputFormat {
    Style.choice = color
    let choice = try format ?? Self.configured() ?? (Console.isDumb ? .plain : .table)
    Style.isPlain = choice == .plain
    return OutputFormat(choice)
  }

  private static func configured() throws -> FormatChoice? {
    guard let named = processEnvironment()["CPWX_FORMAT"], !named.isEmpty else { return nil }
    if let choice = FormatChoice(rawValue: named) { return choice }
    let known = FormatChoice.allCases.map(\.rawValue)
    throw JobError(
      .usage, "CPWX_FORMAT=\(named)",
      "is no format; expected table, plain, json, ndjson or csv.\(didYouMean(named, among: known))")
  }
}

/// What `--format` takes.
enum FormatChoice: String, CaseIterable, ExpressibleByArgument {
  case table, plain, json, ndjson, csv
}

extension OutputFormat {
  /// What is plain differs from a table in looks only.
  init(_ choice: FormatChoice) {
    self =
      switch choice {
      case .table, .plain: .table
      case .json: .json
      case .ndjson: .ndjson
      case .csv: .csv
      }
  }
}

/// What commands have that do some work, and then list what came of it.
struct WorkOptions: ParsableArguments {
  @OptionGroup var workspaceOptions: WorkspaceOptions
  @OptionGroup var formatOptions: FormatOptions

  var quiet: Bool { workspaceOptions.quiet }
  var isVerbose: Bool { workspaceOptions.verbosity.verbose }

  func open(config: String? = nil) throws -> Workspace { try workspaceOptions.open(config: config) }
  func resolved() throws -> OutputFormat { try formatOptions.resolved() }
}

/// The job that a command is about.
struct JobArgument: ParsableArguments {
  @Argument(
    help: .init("An id, a prefix of one, 'latest', 'latest~2', or a path in the job.", valueName: "job"))
  var job: String
}
