internal import Jobs
internal import SystemPackage

/// What one container needs besides what the compose file says, as a second compose file laid over that one.
struct ComposeOverride {
  private var service = JSON.Object()

  /// - Parameters:
  ///   - files: what is mounted otherwise than the compose file can know.
  ///   - neighbours: what the stage reads beside the film.
  ///   - granted: the GPUs that a cluster gave to the task, by the machine's numbers; empty where none gives them out.
  init(_ stage: StageDefinition, _ files: ContainerFiles, neighbours: [FilePath] = [], granted: [String] = []) {
    var volumes = files.places.mounts.filter { !$0.isStandard }.map {
      Self.volume($0.host, $0.container, readOnly: $0.isReadOnly)
    }
    if let film = files.film {
      volumes.append(Self.volume(film.host, film.container, readOnly: true))
      volumes += neighbours.map { Self.volume($0, film.place(of: $0), readOnly: true) }
    }
    if !volumes.isEmpty { service["volumes"] = .array(volumes) }
    setLimits(stage, granted)
  }

  var isEmpty: Bool { service.members.isEmpty }

  /// As `docker compose -f` reads it: JSON is YAML.
  func bytes(for name: String) -> [UInt8] {
    let services: JSON = [Self.escaped(name): .object(service)]
    let document: JSON = ["services": services]
    return document.bytes()
  }

  /// Both ways in which compose files state limits: two that differ are a mistake to compose.
  private mutating func setLimits(_ stage: StageDefinition, _ granted: [String]) {
    var limits = JSON.Object()
    var resources = JSON.Object()
    if let cpus = stage.cpus {
      service["cpus"] = .double(cpus)
      limits["cpus"] = .string("\(cpus)")
    }
    if let memory = stage.memory {
      // With as much swap on top, as Docker gives where nothing is said, it would be no limit.
      service["mem_limit"] = .int(memory)
      service["memswap_limit"] = .int(memory)
      limits["memory"] = .string("\(memory)")
    }
    if !limits.members.isEmpty { resources["limits"] = .object(limits) }
    if let gpus = stage.gpus, gpus > 0 {
      var device: JSON = ["driver": .string("nvidia"), "capabilities": .strings(["gpu"])]
      if granted.count < gpus {
        device["count"] = .int(gpus)
      } else {
        // Of a number the daemon gives each container the first ones, and those may be another task's.
        device["device_ids"] = .strings(Array(granted.prefix(gpus)))
      }
      resources["reservations"] = ["devices": .array([device])]
    }
    if !resources.members.isEmpty { service["deploy"] = ["resources": .object(resources)] }
  }

  private static func volume(_ host: FilePath, _ container: String, readOnly: Bool) -> JSON {
    [
      "type": .string("bind"), "source": .string(escaped(host.string)), "target": .string(escaped(container)),
      "read_only": .bool(readOnly),
      // Else names with a colon in them would be taken apart.
      "bind": ["create_host_path": .bool(false)],
    ]
  }

  /// A dollar sign is a variable's to compose.
  private static func escaped(_ text: String) -> String { text.replacing("$", with: "$$") }
}
