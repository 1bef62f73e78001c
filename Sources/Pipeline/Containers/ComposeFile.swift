internal import Jobs
public import SystemPackage

/// The compose file of a workspace.
public enum ComposeFile {
  /// Where it may be, in the order in which it is looked for: in config/, and where compose itself looks.
  private static let places = [
    "config/docker-compose.yml", "config/compose.yaml", "compose.yaml", "compose.yml", "docker-compose.yml",
    "docker-compose.yaml",
  ]

  /// - Parameter root: the workspace's folder.
  /// - Returns: `nil` when there is none.
  public static func place(below root: FilePath) -> FilePath? {
    places.lazy.map { root.pushing(FilePath($0)) }.first { exists($0) }
  }

  /// What is laid over a compose file: the override beside it that compose itself would read; `nil` when there is none.
  static func override(of file: FilePath) -> FilePath? {
    guard let stem = file.stem else { return nil }
    return ["yml", "yaml"].lazy.map { file.removingLastComponent().appending("\(stem).override.\($0)") }.first {
      exists($0)
    }
  }

  /// - Throws: ``JobError`` with code `configuration` when there is none.
  static func find(in workspace: Workspace) throws -> FilePath {
    if let place = place(below: workspace.root) { return place }
    throw JobError(
      .configuration, workspace.root.appending("config").appending("docker-compose.yml").string,
      "there is no compose file, and the runner is docker",
      remedy: "No job was made. cpwx init writes one. Or run the stages on this machine: --runner local")
  }
}
