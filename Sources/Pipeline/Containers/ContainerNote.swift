internal import Glibc
internal import Jobs
internal import SystemPackage

/// Where a container of a job is at work: `.cpwx.container` in the job's folder, there from before it is started until it
/// is gone. On a cluster the next run may be on another machine, whose daemon knows nothing of it.
struct ContainerNote {
  let host: String
  /// `DOCKER_HOST`, where it says.
  let daemon: String?
  let container: String
  let file: FilePath

  static func file(of paths: JobPaths) -> FilePath { paths.output.appending(".cpwx.container") }

  /// - Returns: `nil` where there is none.
  init?(of paths: JobPaths) {
    file = Self.file(of: paths)
    guard let bytes = try? DurableFile.read(file) else { return nil }
    let document = try? JSON(parsing: bytes)
    host = document?["host"]?.string ?? hostName
    daemon = document?["docker_host"]?.string
    container = document?["container"]?.string ?? "its container"
  }

  /// Durable on return.
  ///
  /// - Throws: ``JobError`` with code `io`.
  static func write(_ container: String, of paths: JobPaths, _ docker: Docker) throws {
    let document: JSON = [
      "host": .string(hostName), "docker_host": .string(docker.environment["DOCKER_HOST"]),
      "container": .string(container), "since": .string(Timestamp.now.text),
    ]
    try DurableFile.write(document.bytes(.compact) + [0x0A], to: file(of: paths))
  }

  static func remove(of paths: JobPaths) { unlink(file(of: paths)) }

  /// Makes sure that the daemon which has the container is one that can be asked from here.
  ///
  /// - Throws: ``JobError`` with code `locked`.
  func requireReachable(_ paths: JobPaths, in workspace: Workspace, _ environment: [String: String]) throws {
    if host == hostName { return }
    // One that is spoken to over the network is the same from everywhere.
    if let daemon, daemon == environment["DOCKER_HOST"], !daemon.hasPrefix("unix:"), daemon.contains("://") { return }
    let job = workspace.documentPath(paths.output)
    throw JobError(
      .locked, paths.id.description, "may have a container at work on \(host) (\(container)): its last run was killed",
      remedy:
        "Nothing was changed. To end it, on \(host): cpwx run --no-index --clean-up --resume \(job). Is that machine gone for good, remove \(file)"
    )
  }
}
