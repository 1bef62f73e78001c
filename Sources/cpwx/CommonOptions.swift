internal import ArgumentParser
internal import Glibc
internal import Jobs
internal import SystemPackage

/// The caller's environment.
func processEnvironment() -> [String: String] {
  var result: [String: String] = [:]
  var next = environ
  while let entry = next.pointee {
    let text = String(cString: entry)
    if let equals = text.firstIndex(of: "=") {
      result[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    next += 1
  }
  return result
}

/// Where the workspace is.
struct WorkspaceOptions: ParsableArguments {
  @Option(
    name: .customShort("C"),
    help: .init(
      "Work in this workspace.", discussion: "Else CPWX_WORKSPACE, else the nearest folder upwards with config/.env.",
      valueName: "dir"))
  var directory: String?

  func open(config: String? = nil) throws -> Workspace { try Self.find(directory, config: config) }

  static func find(_ directory: String?, config: String? = nil) throws -> Workspace {
    try Workspace.find(
      directory.map { FilePath($0) }, configFile: config.map { FilePath($0) }, environment: processEnvironment())
  }
}

/// How results are written.
struct FormatOptions: ParsableArguments {
  @Option(name: .long, help: "How to write the result: table, json, ndjson or csv. (default: CPWX_FORMAT, else table)")
  var format: OutputFormat?

  @Option(name: .long, help: "Colours: auto (on terminals, without NO_COLOR), always or never.")
  var color = ColorChoice.auto

  /// - Throws: ``JobError`` with code `usage` for a CPWX_FORMAT that is none.
  func resolved() throws -> OutputFormat {
    Style.choice = color
    if let format { return format }
    guard let named = processEnvironment()["CPWX_FORMAT"], !named.isEmpty else { return .table }
    guard let format = OutputFormat(rawValue: named) else {
      throw JobError(.usage, "CPWX_FORMAT=\(named)", "is no format; expected table, json, ndjson or csv")
    }
    return format
  }
}

/// The job that a command is about.
struct JobArgument: ParsableArguments {
  @Argument(
    help: .init("An id, a prefix of one, 'latest', 'latest~2', or a path in the job.", valueName: "job"),
    completion: .jobs)
  var job: String
}
