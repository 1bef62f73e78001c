internal import Jobs

/// What stands in the way of a container, told by what Docker said.
enum DockerTrouble: Equatable {
  case noProgram
  case noPlugin
  case noDaemon(String)
  case forbidden(String)
  case noImage(String)
  case noService(String)
  case noGPU
  case noCommand(String)
  case nameTaken(String)
  case badFile(String)

  /// Reads what `docker compose run` and its like say; `nil` when it is nothing that is known.
  init?(_ said: String) {
    let lines = said.split(whereSeparator: \.isNewline).map(String.init)
    func line(with parts: String...) -> String? { lines.last { line in parts.contains { line.contains($0) } } }
    if let line = line(with: "permission denied while trying to connect") {
      self = .forbidden(Self.address(in: line) ?? "its socket")
    } else if let line = line(
      with: "Cannot connect to the Docker daemon", "failed to connect to the docker API", "error during connect")
    {
      self = .noDaemon(Self.address(in: line) ?? "its address")
    } else if line(
      with: "is not a docker command", "unknown docker command", "unknown command: docker compose",
      "unknown shorthand flag: 'f'") != nil
    {
      self = .noPlugin
    } else if line(
      with: "could not select device driver", "GPU vendor from CDI", "nvidia-container-cli",
      "Unknown runtime specified nvidia", "unknown or invalid runtime name: nvidia") != nil
    {
      self = .noGPU
    } else if let line = line(with: "No such image", "pull access denied", "manifest unknown", "manifest for ") {
      self = .noImage(Self.image(in: line) ?? line.afterColon)
    } else if let line = line(with: "no such service") {
      self = .noService(line.afterColon)
    } else if let line = line(with: "The container name") {
      self = .nameTaken(line)
    } else if let line = lines.last(where: Self.isOfCommand) {
      self = .noCommand(line)
    } else if let line = line(with: "yaml: ", "validating ", "invalid compose project", "invalid interpolation format")
    {
      self = .badFile(line)
    } else {
      return nil
    }
  }

  /// Whether it is about the program that an image was to start. What else is not there, or not allowed, such as a mount,
  /// is not the image's.
  private static func isOfCommand(_ line: String) -> Bool {
    let lacks = ["executable file not found", "no such file or directory", "permission denied"]
    return line.contains("o command specified") || line.contains("exec: \"") && lacks.contains { line.contains($0) }
  }

  /// The image that a message is about: `… No such image: NAME`, `pull access denied for NAME, …`, `manifest for NAME not
  /// found: …`.
  private static func image(in line: String) -> String? {
    for mark in ["No such image: ", "access denied for ", "manifest for "] {
      guard let place = line.firstRange(of: mark) else { continue }
      let name = line[place.upperBound...].prefix { !$0.isWhitespace && $0 != "," }
      if !name.isEmpty { return String(name) }
    }
    return nil
  }

  /// The daemon's address, as messages quote it.
  private static func address(in line: String) -> String? {
    line.split(separator: " ").first { $0.contains("://") }.map { String($0).trimmed(of: ".:;,\"'") }
  }

  var message: String {
    switch self {
    case .noProgram: "the program docker is not found in PATH"
    case .noPlugin: "docker has no plugin compose (v2)"
    case .noDaemon(let address): "the Docker daemon does not answer at \(address)"
    case .forbidden(let address): "this user may not speak to the Docker daemon at \(address)"
    case .noImage(let image): "the image \(image) is not on this machine"
    case .noService(let service): "the compose file has no service \(service)"
    case .noGPU: "Docker can give containers no GPU on this machine"
    case .noCommand(let line): "its image cannot start it: \(line.withoutLastStop)"
    case .nameTaken(let line): "another container has its name: \(line.withoutLastStop)"
    case .badFile(let line): "the compose file is not right: \(line.withoutLastStop)"
    }
  }

  var remedy: String {
    switch self {
    case .noProgram: "Install it: apt-get install docker.io. Or run the stages on this machine: --runner local"
    case .noPlugin:
      "Install docker-compose-plugin (Docker's packages) or docker-compose-v2 (Ubuntu's), or put the plugin docker-compose into ~/.docker/cli-plugins."
    case .noDaemon: "Start it: systemctl start docker. DOCKER_HOST names another one."
    case .forbidden: "As root: usermod -aG docker USER; it counts from the next login on."
    case .noImage: "Build it with docker compose build, or fetch it with docker compose pull."
    case .noService: "Add it there, or name another 'service' in the pipeline file."
    case .noGPU:
      "Does nvidia-smi work there? Install nvidia-container-toolkit, or take 'gpus' out of the stage."
    case .noCommand: "Mend the image, or the service's command and entrypoint."
    case .nameTaken: "See docker ps -a; once it is gone the job goes on."
    case .badFile: "See: docker compose config"
    }
  }

  /// The exit code that stands for it in records; `nil`: it may be gone the next time.
  var exitCode: Int? {
    switch self {
    case .noProgram, .noPlugin, .noDaemon, .forbidden, .noImage, .noGPU: 69
    case .noService, .noCommand, .badFile: 78
    case .nameTaken: 75
    }
  }

  /// Whether no container at all can be had. An image, a service or a GPU is one stage's matter.
  private var isOfEngine: Bool {
    switch self {
    case .noProgram, .noPlugin, .noDaemon, .forbidden: true
    case .noImage, .noService, .noGPU, .noCommand, .nameTaken, .badFile: false
    }
  }

  var refusal: StageRefusal {
    StageRefusal(reason: "\(message). \(remedy)", exitCode: exitCode, isOfEngine: isOfEngine)
  }

  /// As an error of a run that has begun nothing.
  func error(about subject: String) -> JobError {
    JobError(exitCode == 69 ? .missingEngine : .configuration, subject, message, remedy: "No job was made. \(remedy)")
  }
}

extension String {
  /// What follows the last colon with a blank after it.
  fileprivate var afterColon: String { components(partedBy: ": ").last.map { $0.trimmed(of: " .\"'") } ?? self }

  /// What follows it begins a sentence of its own.
  fileprivate var withoutLastStop: String { String(reversed().drop { $0 == "." || $0.isWhitespace }.reversed()) }

  private func components(partedBy mark: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: mark) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }

  fileprivate func trimmed(of characters: String) -> String {
    String(drop { characters.contains($0) }.reversed().drop { characters.contains($0) }.reversed())
  }
}
