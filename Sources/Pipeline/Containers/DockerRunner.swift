internal import Glibc
internal import Jobs
internal import SystemPackage

/// Runs stages as containers of the compose file's services.
struct DockerRunner: StageRunner {
  let kind = Runner.docker
  private let docker: Docker
  private let file: FilePath
  /// Where the daemon is, for whoever looks for its containers later.
  private let daemon: String?
  /// Whether the daemon is a user's own; `nil` where it did not tell.
  private let isRootless: Bool?

  /// - Throws: ``JobError`` with code `configuration` when there is no compose file, `io` when a folder cannot be made that
  ///   containers are to see; `Errno` when no pipe can be made.
  init(_ workspace: Workspace, environment: [String: String]) throws {
    docker = try Docker(environment: environment, folder: workspace.root)
    file = try ComposeFile.find(in: workspace)
    // What is not there when it is mounted, the daemon makes, and root has it.
    for mount in ContainerPlaces(workspace).mounts where !exists(mount.host) { try makeFolder(mount.host) }
    daemon = docker.address
    isRootless = try? docker.isRootless()
  }

  func isReady() -> Bool { docker.isReady() }

  func prepare(_ stage: StageDefinition, attempt: Int, in context: JobContext) throws -> any StageWork {
    // A pipeline that is read for this runner has a service for each stage.
    let service = stage.service ?? stage.name
    let files = ContainerFiles(context.workspace, film: context.input)
    try Self.check(files, context)
    let name: String
    let owner: String
    do {
      // The job's lock is held: what bears its label is of a run that died, or of an attempt that did not end well.
      try docker.removeContainers(of: context.paths)
      let usual = ContainerName.name(of: stage, in: context.paths)
      name = try docker.isTaken(usual) ? ContainerName.spareName(of: stage, in: context.paths) : usual
      // Whom what it makes is to belong to: whoever runs the job, who need not be known in the image.
      owner = try isRootless ?? docker.isRootless() ? "0:0" : "\(geteuid()):\(getegid())"
    } catch let failure as DockerFailure {
      throw failure.refusal
    }
    let override = ComposeOverride(
      stage, files, neighbours: context.neighbours(for: stage), granted: docker.grantedGPUs)
    var overrideFile: FilePath?
    if !override.isEmpty {
      let path = DurableFile.temporaryName(for: context.paths.output.appending("compose.json"))
      try DurableFile.writeFast(override.bytes(for: service), to: path, mode: [.ownerReadWrite])
      overrideFile = path
    }
    try ContainerNote.write(name, of: context.paths, daemon: daemon)
    var arguments = ["docker", "compose"] + ComposeCheck.globals(file, context.workspace)
    if let overrideFile { arguments += ["-f", overrideFile.string] }
    arguments += ["run", "--rm", "--no-deps", "--name", name]
    arguments += ["-e", "CONFIG_PATH=\(files.containerPath(of: context.paths.temporaryEnv))"]
    // A user whom the image does not know has no home there.
    arguments += ["--user", owner, "-e", "HOME=/tmp"]
    arguments += context.names(of: stage, attempt: attempt, naming: files.containerPath(of:)).flatMap {
      ["-e", "\($0.key)=\($0.value)"]
    }
    arguments += ["--label", "\(ContainerName.label)=\(context.paths.output.string)", service]
    arguments += context.placeholders(for: stage, naming: files.containerPath(of:)).expand(stage.arguments)
    return ContainerWork(
      docker: docker, name: name, job: context.paths, overrideFile: overrideFile,
      call: StageProcess(
        arguments: arguments,
        environment: docker.environment.merging([Orphans.variable: context.paths.output.string]) { $1 },
        directory: context.workspace.root, toolFolders: [], timeout: stage.timeout, grace: stage.grace,
        marker: context.marker))
  }

  private static func check(_ files: ContainerFiles, _ context: JobContext) throws(StageRefusal) {
    guard files.places.containerPath(of: context.paths.output) != nil else {
      throw StageRefusal(
        reason:
          "the job's folder \(context.paths.output) is not below \(context.workspace.outputRoot), where containers see it",
        exitCode: 78)
    }
    // A link with any name may lead to it.
    let film = files.film?.host ?? context.input
    guard FilePath(film.string) == film else {
      throw StageRefusal(
        reason: "the film's path is no UTF-8, which is all that Docker passes on; it needs another one", exitCode: 65)
    }
  }
}
