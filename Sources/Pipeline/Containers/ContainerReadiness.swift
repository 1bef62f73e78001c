public import Jobs
internal import SystemPackage

/// What stages in containers need of this machine, looked at piece by piece: unlike a run, which stops at the first that
/// is missing, this tells of all.
public struct ContainerReadiness: Sendable {
  public struct Finding: Sendable {
    public var subject: String
    public var message: String
    /// What to do about it; `nil`: it is well.
    public var remedy: String?
    /// Containers would be run, and otherwise than was meant.
    public var isDoubt = false
  }

  private let workspace: Workspace
  private let docker: Docker

  /// - Throws: `Errno` when no pipe can be made.
  public init(_ workspace: Workspace, environment: [String: String]) throws {
    self.workspace = workspace
    docker = try Docker(environment: environment, folder: workspace.root)
  }

  /// In the order in which one needs the other; without the program or the compose file there is nothing more to see.
  public func findings(for stages: [StageDefinition]) -> [Finding] {
    var found = [
      answer("docker", ["--version"]), answer("docker compose", ["compose", "version"]),
      answer("docker daemon", ["version", "--format", "Docker {{.Server.Version}}"]),
    ]
    if found[0].remedy != nil { return [found[0]] }
    guard let file = ComposeFile.place(below: workspace.root) else {
      found.append(
        Finding(
          subject: "compose file", message: "there is none: no stage can be run", remedy: "Make one with: cpwx init"))
      return found
    }
    if found[1].remedy != nil { return found }
    do throws(DockerFailure) {
      let project = try ComposeCheck.project(of: file, in: workspace, docker)
      found.append(services(for: stages, in: project, file))
      // What is wrong with the daemon has been told.
      let told = try? docker.answer(["info", "--format", "{{json .}}"])
      let daemon = told.flatMap { try? JSON(parsing: $0.utf8.drop { $0 != UInt8(ascii: "{") }) }
      found += limits(of: stages, in: project, daemon)
      if found[2].remedy == nil { found += images(for: stages, in: project, file) }
    } catch {
      found.append(Finding(subject: "compose file", message: error.message, remedy: error.remedy))
    }
    return found
  }

  private func answer(_ subject: String, _ arguments: [String]) -> Finding {
    do throws(DockerFailure) {
      let text = try docker.answer(arguments)
      return Finding(subject: subject, message: String(text.prefix { !$0.isNewline }))
    } catch {
      return Finding(subject: subject, message: error.message, remedy: error.remedy)
    }
  }

  /// Limits with which Docker would not start a container, and those that the daemon does not keep.
  private func limits(of stages: [StageDefinition], in project: JSON, _ daemon: JSON?) -> [Finding] {
    let processors = daemon?["NCPU"]?.int.map { Double($0) }
    let refused: [Finding] = stages.compactMap { stage in
      let service = stage.service.flatMap { project["services"]?[$0] }
      let reservations = [service?["deploy"]?["resources"]?["reservations"]?["memory"], service?["mem_reservation"]]
      // Compose writes bytes as text.
      let reserved = reservations.compactMap { $0?.int ?? $0?.string.flatMap { Int($0) } }.max()
      let objection: String? =
        if let cpus = stage.cpus, let processors, cpus > processors {
          "asks for \(cpus) processors, and this machine has \(Int(processors))"
        } else if let memory = stage.memory, memory < Self.leastMemory {
          "may have \(describeSize(memory)) of memory, and Docker takes no less than \(describeSize(Self.leastMemory))"
        } else if let memory = stage.memory, let reserved, reserved > memory {
          "may have \(describeSize(memory)) of memory, and its service reserves \(describeSize(reserved))"
        } else {
          nil
        }
      return objection.map {
        Finding(
          subject: "limits of \(stage.name)", message: "it \($0): its container would not start",
          remedy: "Mend cpus or memory of the stage in the pipeline file, or the service's reservation.")
      }
    }
    return refused + [unkept(of: stages, daemon)].compactMap { $0 }
  }

  /// Limits of stages that hold of no container: the daemon has no control groups to keep them with.
  private func unkept(of stages: [StageDefinition], _ daemon: JSON?) -> Finding? {
    let kinds = [
      ("cpus", "CpuCfsQuota", stages.filter { $0.cpus != nil }),
      ("memory", "MemoryLimit", stages.filter { $0.memory != nil }),
    ].filter { daemon?[$0.1]?.bool == false && !$0.2.isEmpty }
    guard !kinds.isEmpty else { return nil }
    let limits = kinds.map { "\($0.0) of \($0.2.map(\.name).joined(separator: ", "))" }.joined(separator: " and ")
    let isRootless = daemon?["SecurityOptions"]?.array?.contains { $0.string?.hasPrefix("name=rootless") == true }
    return Finding(
      subject: "docker limits",
      message: "this daemon keeps no limit of \(limits): their containers have all that the machine has",
      remedy: isRootless == true
        ? "It is a user's own (rootless). With control groups of version 2, as root: systemctl edit user@.service, with [Service] and Delegate=cpu cpuset io memory pids; then log in anew. Or use the machine's daemon."
        : "Its kernel or its machine gives it no such control groups; see the warnings of: docker info",
      isDoubt: true)
  }

  /// The daemon's own: 6 MiB.
  private static let leastMemory = 6 << 20

  /// Whether every stage has its service.
  private func services(for stages: [StageDefinition], in project: JSON, _ file: FilePath) -> Finding {
    let known = project["services"]?.object?.names ?? []
    let lost = stages.filter { stage in stage.service.map { !known.contains($0) } ?? true }
    if lost.isEmpty { return Finding(subject: "compose file", message: file.string) }
    let names = lost.map { "\($0.name)\($0.service.map { " (\($0))" } ?? "")" }.joined(separator: ", ")
    return Finding(
      subject: "compose file", message: "\(file) has no service for: \(names)",
      remedy: "Add it there, or name another 'service' in the pipeline file.")
  }

  /// Each image that a stage needs, once.
  private func images(for stages: [StageDefinition], in project: JSON, _ file: FilePath) -> [Finding] {
    var seen: Set<String> = []
    return stages.compactMap { stage in
      guard let name = stage.service, let service = project["services"]?[name] else { return nil }
      let image = ComposeCheck.image(of: service, name, in: project)
      guard seen.insert(image).inserted else { return nil }
      var finding = answer("image \(image)", ["image", "inspect", "--format", "{{.Id}}", image])
      if finding.remedy == nil {
        // Its beginning is what docker images shows.
        finding.message = String(finding.message.prefix("sha256:".count + 12))
      } else {
        finding.message = "is not on this machine, and \(stage.name) is done in it"
        finding.remedy = ComposeCheck.remedy(service, image, name, file)
      }
      return finding
    }
  }
}

extension DockerFailure {
  fileprivate var message: String { description }
  fileprivate var remedy: String { trouble?.remedy ?? "See: docker info" }
}
