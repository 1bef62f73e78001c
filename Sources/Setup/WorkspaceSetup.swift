internal import Defaults
internal import Jobs
public import SystemPackage

/// Makes a workspace, or what is missing of one.
public struct WorkspaceSetup: Sendable {
  public let root: FilePath

  public init(_ root: FilePath) { self.root = absolute(root) }

  /// Makes the folders and config/.env; whatever is there already stays as it is.
  ///
  /// - Returns: what was made, from the workspace.
  /// - Throws: ``JobError`` with code `io`.
  public func run() throws -> [String] {
    var made: [String] = []
    func folder(_ name: String) throws {
      let path = root.appending(name)
      if isDirectory(path) { return }
      // Archives hold the jobs' settings, secrets included.
      try makeFolder(
        path,
        mode: name == "archive"
          ? [.ownerReadWriteExecute] : [.ownerReadWriteExecute, .groupReadExecute, .otherReadExecute])
      made.append(name + "/")
    }
    try makeFolder(root)
    for name in ["in", "out", "logs", "archive", "config"] { try folder(name) }
    let env = root.appending("config").appending(".env")
    if !exists(env) {
      try DurableFile.create(Defaults.env, at: env, mode: [.ownerReadWrite])
      made.append("config/.env")
    }
    return made
  }
}
