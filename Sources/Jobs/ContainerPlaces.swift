public import SystemPackage

/// Where the folders of a workspace are in the containers of its stages: `./in`, `./out`, `./logs`, `./config` and
/// `./shared` are mounted below `/app`, as the compose file says.
public struct ContainerPlaces: Sendable {
  public struct Mount: Sendable {
    /// On this machine.
    public let host: FilePath
    /// In the container.
    public let container: String
    public let isReadOnly: Bool
    /// Whether it lies where the compose file, which knows only the workspace's folder, finds it, and can name it there:
    /// a colon parts the two sides of a mount.
    public let isStandard: Bool
  }

  public static let root = "/app"
  public let mounts: [Mount]

  public init(_ workspace: Workspace) {
    func mount(_ name: String, _ host: FilePath, readOnly: Bool) -> Mount {
      let standard = workspace.root.appending(name)
      return Mount(
        host: host, container: "\(Self.root)/\(name)", isReadOnly: readOnly,
        isStandard: host == standard && !host.string.contains(":"))
    }
    mounts = [
      mount("in", workspace.inputRoot, readOnly: true), mount("out", workspace.outputRoot, readOnly: false),
      mount("logs", workspace.logRoot, readOnly: false), mount("config", workspace.configFolder, readOnly: true),
      mount("shared", workspace.root.appending("shared"), readOnly: true),
    ]
  }

  /// Where a film is in a container that lies in none of these folders, and is mounted by itself.
  public static func ownPlace(of film: FilePath) -> String { "\(root)/input/\(film.lastComponent?.string ?? "film")" }

  /// What a path of this machine is called in a container; `nil` when it is not there.
  public func containerPath(of path: FilePath) -> String? {
    let deepest = mounts.filter { path.starts(with: $0.host) }.max {
      $0.host.components.count < $1.host.components.count
    }
    guard let deepest else { return nil }
    var rest = path
    _ = rest.removePrefix(deepest.host)
    return rest.isEmpty ? deepest.container : "\(deepest.container)/\(rest.string)"
  }

  /// What a path that a container tells is called on this machine; `nil` for one in the container's own file system.
  public func hostPath(of text: String) -> FilePath? {
    let path = FilePath(text).lexicallyNormalized()
    guard path.isAbsolute else { return nil }
    for mount in mounts {
      var rest = path
      if rest.removePrefix(FilePath(mount.container)) { return rest.isEmpty ? mount.host : mount.host.pushing(rest) }
    }
    return nil
  }
}

extension EnvFile {
  /// Whether a job's settings name its folders as containers see them.
  public var isForContainers: Bool { self["OUTPUT_ROOT"]?.hasPrefix(ContainerPlaces.root + "/") == true }

  /// Names the folders of a job as those see them who read its settings, and whatever else is an absolute path in a
  /// folder that containers see. Relative paths hold in both worlds: `/app` stands for the workspace.
  mutating func setPlaces(of job: JobPaths, in workspace: Workspace, forContainers: Bool) {
    let places = ContainerPlaces(workspace)
    let isToChange = forContainers != isForContainers
    for key in keys where isToChange {
      guard let value = self[key], value.hasPrefix("/") else { continue }
      let there = forContainers ? places.containerPath(of: FilePath(value)) : places.hostPath(of: value)?.string
      if let there, there != value { self[key] = there }
    }
    for (key, folder) in [("OUTPUT_ROOT", job.output), ("LOG_ROOT", job.logs)] {
      let place = forContainers ? places.containerPath(of: folder) : nil
      setEverywhere(key, place ?? workspace.documentPath(folder))
    }
  }
}
