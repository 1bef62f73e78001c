internal import Defaults
internal import Jobs
internal import Pipeline
public import SystemPackage

/// Makes a workspace, or what is missing of one.
public struct WorkspaceSetup: Sendable {
  public let root: FilePath

  public init(_ root: FilePath) { self.root = absolute(root) }

  /// Makes the folders, config/.env, the modules for stages in Python and what containers need; whatever is there already
  /// stays as it is.
  ///
  /// - Returns: what was made, from the workspace.
  /// - Throws: ``JobError``: with code `io`, or `configuration` when no workspace can be there.
  public func run() throws -> [String] {
    try Workspace.requireText(root)
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
    for name in ["in", "out", "logs", "archive", "config", "shared"] { try folder(name) }
    func file(_ name: String, _ bytes: [UInt8], mode: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead])
      throws
    {
      let path = root.pushing(FilePath(name))
      if exists(path) { return }
      try DurableFile.create(bytes, at: path, mode: mode)
      made.append(name)
    }
    try file("config/.env", Defaults.env, mode: [.ownerReadWrite])
    for module in Defaults.stageSDK { try file("shared/\(module.name)", module.bytes) }
    // A compose file of the admin's own, wherever one is looked for, is the workspace's.
    if ComposeFile.place(below: root) == nil {
      try file("config/Dockerfile", Defaults.dockerfile)
      try file("config/docker-compose.yml", Defaults.composeFile)
    }
    return made
  }
}
