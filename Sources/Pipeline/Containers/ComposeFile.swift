internal import Jobs
internal import SystemPackage

/// The compose file of a workspace.
enum ComposeFile {
  /// Where it may be, in the order in which it is looked for: in config/, and where compose itself looks.
  private static let places = [
    "config/docker-compose.yml", "config/compose.yaml", "compose.yaml", "compose.yml", "docker-compose.yml",
    "docker-compose.yaml",
  ]

  /// - Throws: ``JobError`` with code `configuration` when there is none.
  static func find(in workspace: Workspace) throws -> FilePath {
    if let place = places.first(where: { exists(workspace.root.pushing(FilePath($0))) }) {
      return workspace.root.pushing(FilePath(place))
    }
    throw JobError(
      .configuration, workspace.root.appending("config").appending("docker-compose.yml").string,
      "there is no compose file, and the runner is docker",
      remedy: "No job was made. cpwx init writes one. Or run the stages on this machine: --runner local")
  }
}
