internal import Glibc
internal import Jobs
internal import SystemPackage

/// Where a container of a job is at work: `.cpwx.container` in the job's folder, there from before it is started until it
/// is gone. On a cluster the next run may be on another machine, and anywhere it may speak to another daemon: one that
/// knows nothing of the container.
struct ContainerNote {
  let host: String
  /// The daemon's address: that of DOCKER_HOST, or of the context in use; `nil` where it was not told.
  let daemon: String?
  let container: String
  /// What it is called; `nil` where that was not told.
  let named: String?
  let file: FilePath

  static func file(of paths: JobPaths) -> FilePath { paths.output.appending(".cpwx.container") }

  /// - Returns: `nil` where there is none.
  init?(of paths: JobPaths) {
    file = Self.file(of: paths)
    guard let bytes = try? DurableFile.read(file) else { return nil }
    let document = try? JSON(parsing: bytes)
    host = document?["host"]?.string ?? hostName
    daemon = document?["docker_host"]?.string
    named = document?["container"]?.string
    container = named ?? "its container"
  }

  /// Durable on return.
  ///
  /// - Parameter daemon: the address of the daemon that is to start it.
  /// - Throws: ``JobError`` with code `io`.
  static func write(_ container: String, of paths: JobPaths, daemon: String?) throws {
    let document: JSON = [
      "host": .string(hostName), "docker_host": .string(daemon), "container": .string(container),
      "since": .string(Timestamp.now.text),
    ]
    try DurableFile.write(document.bytes(.compact) + [0x0A], to: file(of: paths))
  }

  static func remove(of paths: JobPaths) { unlink(file(of: paths)) }

  /// The daemon that has the container, whichever the caller speaks to.
  ///
  /// - Throws: ``JobError`` with code `locked` when it is one that only its own machine can speak to, and that is another
  ///   one; `Errno` when no pipe can be made.
  func docker(_ paths: JobPaths, in workspace: Workspace, _ environment: [String: String]) throws -> Docker {
    guard host == hostName || daemon.map(Self.isOnNetwork) == true else {
      let job = workspace.documentPath(paths.output)
      throw JobError(
        .locked, paths.id.description,
        "may have a container at work on \(host) (\(container)): its last run was killed",
        remedy:
          "Nothing was changed. To end it, on \(host): cpwx run --no-index --clean-up --resume \(job). Is that machine gone for good, remove \(file)"
      )
    }
    let own = try Docker(environment: environment, folder: workspace.root)
    guard let daemon, daemon != own.address else { return own }
    var ours = environment
    ours["DOCKER_HOST"] = daemon
    // What the caller's daemon is spoken to with is not for one that needs none of it.
    if !daemon.hasPrefix("tcp:") {
      for name in ["DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"] { ours[name] = nil }
    }
    return try Docker(environment: ours, folder: workspace.root)
  }

  /// Asks the daemon something about the container.
  ///
  /// - Throws: ``JobError`` with code `locked` when it gives no answer: the container may be at work.
  func answer<Answer>(about paths: JobPaths, _ question: () throws -> Answer) throws -> Answer {
    do {
      return try question()
    } catch let failure as DockerFailure {
      let place = daemon.map { " at \($0)" } ?? ""
      throw JobError(
        .locked, paths.id.description,
        "may have a container at work (\(container)), which could not be seen: \(failure)",
        remedy:
          "Nothing was changed. Once the daemon\(place) answers, run this again. Is it gone for good, remove \(file)"
      )
    }
  }

  /// Whether an address means the same daemon on every machine.
  static func isOnNetwork(_ address: String) -> Bool {
    guard let mark = address.firstRange(of: "://") else { return false }
    let place = address[mark.upperBound...].prefix { $0 != "/" }.split(separator: "@").last ?? ""
    let isOfThisMachine = ["localhost", "127.", "[::1]"].contains { place.lowercased().hasPrefix($0) }
    return !["unix", "fd", "npipe"].contains(address[..<mark.lowerBound]) && !place.isEmpty && !isOfThisMachine
  }
}
