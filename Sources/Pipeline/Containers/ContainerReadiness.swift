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
