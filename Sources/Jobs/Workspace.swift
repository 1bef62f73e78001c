public import SystemPackage

/// The folder an admin works in: films in `in/`, jobs under `out/` and `logs/`, settings in `config/`.
public struct Workspace: Sendable {
  public let root: FilePath
  /// The base configuration that new jobs copy.
  public let configFile: FilePath
  /// IN_ROOT: where films are looked for.
  public let inputRoot: FilePath
  /// OUTPUT_ROOT: the tree of the jobs' folders.
  public private(set) var outputRoot: FilePath
  /// LOG_ROOT: the tree of their logs.
  public private(set) var logRoot: FilePath
  /// ARCHIVE_ROOT: the tree of their archives.
  public let archiveRoot: FilePath
  /// Locks, numbering and the index: what cpwx keeps for itself.
  public let stateFolder: FilePath
  /// The base configuration as read; empty when there is no file.
  public let config: EnvFile

  /// What cpwx fills by itself, and where no film to run lies.
  public var ownFolders: [FilePath] { [outputRoot, logRoot, archiveRoot, stateFolder] }

  /// For each day a file with the highest number that was given, which is also its lock (``JobNumbering``).
  package var numbersFolder: FilePath { stateFolder.appending("numbers") }

  public var configFolder: FilePath { root.appending("config") }
  public var pipelineFile: FilePath { configFolder.appending("pipeline.yaml") }

  /// Opens the workspace at `root`.
  ///
  /// - Parameters:
  ///   - configFile: the base configuration; `config/.env` by default, and then it need not be there.
  ///   - environment: `CPWX_STATE` moves the state folder.
  /// - Throws: ``JobError`` with code `configuration` when there is no such folder or no such `configFile`, or a folder that is
  ///   named cannot be used.
  public init(at root: FilePath, configFile: FilePath? = nil, environment: [String: String]) throws {
    let root = absolute(root)
    try Self.requireText(root)
    guard isDirectory(root) else {
      throw JobError(.configuration, root.string, "is no folder", remedy: "Make a workspace with: cpwx init DIR")
    }
    self.root = root
    let standard = root.appending("config").appending(".env")
    self.configFile = configFile.map { absolute($0) } ?? standard
    if configFile == nil && !exists(standard) {
      config = EnvFile()
    } else {
      do {
        config = try EnvFile(parsing: DurableFile.read(self.configFile), of: self.configFile)
      } catch {
        throw JobError(
          .configuration, self.configFile.string, "the configuration cannot be read",
          remedy: (error as? JobError)?.remedy, underlying: error.cause)
      }
    }
    let values = Dictionary(config.values(outer: environment), uniquingKeysWith: { $1 })
    func folder(_ key: String, _ standard: String) -> FilePath {
      let value = values[key] ?? ""
      return Jobs.resolve(value.isEmpty ? standard : value, against: root)
    }
    inputRoot = folder("IN_ROOT", "in")
    outputRoot = folder("OUTPUT_ROOT", "out")
    logRoot = folder("LOG_ROOT", "logs")
    archiveRoot = folder("ARCHIVE_ROOT", "archive")
    for key in ["IN_ROOT", "OUTPUT_ROOT", "LOG_ROOT", "ARCHIVE_ROOT"] where values[key]?.first == "~" {
      throw JobError(
        .configuration, key, "is \(values[key] ?? ""), and no shell is there to tell whose folder '~' is",
        remedy: "Write the whole path in \(self.configFile).")
    }
    for (key, other) in [("IN_ROOT", inputRoot), ("OUTPUT_ROOT", outputRoot), ("LOG_ROOT", logRoot)]
    where other == archiveRoot {
      throw JobError(
        .configuration, "ARCHIVE_ROOT",
        "is the folder of \(key), \(other), where no archive can be told from what else is there",
        remedy: "Name a folder of its own in \(self.configFile).")
    }
    let state = environment["CPWX_STATE"] ?? ""
    stateFolder = state.isEmpty ? root.appending(".cpwx") : absolute(FilePath(state))
    try Self.requireText(inputRoot, of: "IN_ROOT")
    try Self.requireText(outputRoot, of: "OUTPUT_ROOT")
    try Self.requireText(logRoot, of: "LOG_ROOT")
    try Self.requireText(archiveRoot, of: "ARCHIVE_ROOT")
    try Self.requireText(stateFolder, of: "CPWX_STATE")
  }

  /// Makes sure that records and stages can be told of a folder.
  ///
  /// - Parameter setting: what names it, if anything does.
  /// - Throws: ``JobError`` with code `configuration` when its path is no UTF-8.
  public static func requireText(_ folder: FilePath, of setting: String? = nil) throws {
    guard folder.string.hasLostBytes else { return }
    throw JobError(
      .configuration, setting.map { "\($0)=\(folder)" } ?? folder.string, "is no UTF-8, in which jobs are recorded",
      remedy: "Give the folder another name; nothing was begun.")
  }

  /// The same, with jobs and logs at other places.
  public func with(outputRoot: FilePath, logRoot: FilePath) -> Workspace {
    var workspace = self
    (workspace.outputRoot, workspace.logRoot) = (outputRoot, logRoot)
    return workspace
  }

  /// Finds the workspace: `directory` if given, else CPWX_WORKSPACE, else the nearest folder from here upwards that
  /// holds config/.env.
  ///
  /// - Throws: ``JobError`` with code `configuration` when none is found.
  public static func find(
    _ directory: FilePath?, configFile: FilePath? = nil, environment: [String: String]
  ) throws -> Workspace {
    if let directory { return try Workspace(at: directory, configFile: configFile, environment: environment) }
    if let named = environment["CPWX_WORKSPACE"], !named.isEmpty {
      return try Workspace(at: FilePath(named), configFile: configFile, environment: environment)
    }
    if let root = root(around: currentFolder()) {
      return try Workspace(at: root, configFile: configFile, environment: environment)
    }
    throw JobError(
      .configuration, currentFolder().string, "no workspace here or above: no folder with config/.env",
      remedy: "Make one with: cpwx init, or name one with -C DIR or CPWX_WORKSPACE.")
  }

  /// The nearest folder from `folder` upwards that holds config/.env.
  package static func root(around folder: FilePath) -> FilePath? {
    var root = absolute(folder)
    while !exists(root.appending("config").appending(".env")) {
      if !root.removeLastComponent() { return nil }
    }
    return root
  }

  /// Whether there is anything of a workspace in its folder. Jobs of older layouts lie in one without settings.
  public var isThere: Bool {
    ["config", "in", "out", "logs", "jobs", "archive", ".cpwx"].contains { exists(root.appending($0)) }
  }

  /// `path` as documents write it: relative where it lies inside the workspace, else absolute.
  public func documentPath(_ path: FilePath) -> String {
    var relative = path
    return relative.removePrefix(root) && !relative.isEmpty ? relative.string : path.string
  }

  /// The opposite of ``documentPath(_:)``.
  public func resolve(documentPath text: String) -> FilePath { Jobs.resolve(text, against: root) }
}

extension Error {
  /// The reason below a ``JobError``, so that messages do not repeat its subject.
  package var cause: any Error { (self as? JobError)?.underlying ?? self }
}
