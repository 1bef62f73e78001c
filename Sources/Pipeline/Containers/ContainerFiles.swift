internal import Jobs
internal import SystemPackage

/// Where the files of one job are in the containers of its stages.
struct ContainerFiles {
  /// A film that is not found by its own path below `/app/in`, and is mounted by itself.
  struct Film {
    let host: FilePath
    let container: String

    /// Where something beside it is to be.
    func place(of neighbour: FilePath) -> String {
      FilePath(container).removingLastComponent().string + "/" + (neighbour.lastComponent?.string ?? "")
    }
  }

  let places: ContainerPlaces
  private let input: FilePath
  private let workspace: Workspace
  /// `nil` when the film lies in `in/`, with no link on the way.
  let film: Film?

  init(_ workspace: Workspace, film input: FilePath) {
    (self.workspace, self.input) = (workspace, input)
    places = ContainerPlaces(workspace)
    // A link leads nowhere in a container, where nothing has the name that it has here.
    let root = realPath(workspace.inputRoot)
    let real = realPath(input) ?? input
    var rest = input
    let isInPlace = rest.removePrefix(workspace.inputRoot) && root?.pushing(rest) == real
    film = isInPlace ? nil : Film(host: real, container: ContainerPlaces.ownPlace(of: input))
  }

  /// What a path of this machine is called in the containers; as here, when it is not there.
  func containerPath(of path: FilePath) -> String {
    if path == input, let film { return film.container }
    if path == workspace.root { return ContainerPlaces.root }
    return places.containerPath(of: path) ?? path.string
  }

  /// What a path that a container tells is called on this machine.
  func hostPath(of recorded: String) -> String {
    if recorded == film?.container { return input.string }
    return places.hostPath(of: recorded)?.string ?? recorded
  }
}

extension JSON {
  /// Has the record of a stage that was run in a container, and wrote it there, name files as this machine does.
  mutating func nameFilesAsHost(_ film: FilePath, _ workspace: Workspace) {
    guard self["runner"]?.string == Runner.docker.rawValue else { return }
    let files = ContainerFiles(workspace, film: film)
    func named(_ file: JSON) -> JSON {
      guard let path = file["path"]?.string else { return file }
      var file = file
      file["path"] = .string(files.hostPath(of: path))
      return file
    }
    if let inputs = self["input_files"]?.array { self["input_files"] = .array(inputs.map(named)) }
    if var outputs = self["outputs"]?.object {
      for name in outputs.names { outputs[name] = outputs[name].map(named) }
      self["outputs"] = .object(outputs)
    }
  }
}
