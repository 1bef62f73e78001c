internal import Jobs
internal import SystemPackage

/// Looks whether everything is there that the containers of some stages need.
struct ComposeCheck {
  let workspace: Workspace
  let docker: Docker

  /// - Throws: ``JobError`` that says what is missing: with code `missingEngine`, or `configuration` where the compose file
  ///   is to be mended.
  func require(_ stages: [StageDefinition]) throws {
    let file = try ComposeFile.find(in: workspace)
    _ = try ask("Docker Compose", ["compose", "version"])
    _ = try ask("Docker", ["version", "--format", "{{.Server.Version}}"])
    let project: JSON
    do throws(DockerFailure) {
      project = try Self.project(of: file, in: workspace, docker)
    } catch {
      throw error.error(about: file.string)
    }
    for stage in stages {
      guard let name = stage.service else { continue }
      guard let service = project["services"]?[name] else {
        let known = project["services"]?.object?.names.sorted() ?? []
        throw JobError(
          .configuration, file.string,
          "the stage '\(stage.name)' is done by the service '\(name)', and there is none.\(didYouMean(name, among: known))",
          remedy: "No job was made. \(DockerTrouble.noService(name).remedy)")
      }
      let image = Self.image(of: service, name, in: project)
      do throws(DockerFailure) {
        _ = try docker.answer(["image", "inspect", "--format", "{{.Id}}", image])
      } catch {
        guard case .noImage? = error.trouble else { throw error.error(about: "Docker") }
        throw JobError(
          .missingEngine, image, "the image of the service '\(name)', stage '\(stage.name)', is not on this machine",
          remedy: "No job was made. \(Self.remedy(service, image, name, file))")
      }
    }
  }

  static func image(of service: JSON, _ name: String, in project: JSON) -> String {
    service["image"]?.string ?? "\(project["name"]?.string ?? "")-\(name)"
  }

  /// How a service's image is had.
  static func remedy(_ service: JSON, _ image: String, _ name: String, _ file: FilePath) -> String {
    let dockerfile = file.removingLastComponent().appending("Dockerfile")
    if service["pull_policy"]?.string == "never", service["build"] == nil, exists(dockerfile) {
      return "Build it: docker build -t \(image) -f \(dockerfile) FOLDER, the one that holds cpwx and cpwx-stage"
    }
    let verb = service["build"] == nil ? "pull" : "build"
    let files = files(file).joined(separator: " ")
    return "Get it with: docker compose \(files) --project-directory . \(verb) \(name)"
  }

  /// The compose file as compose understands it.
  static func project(of file: FilePath, in workspace: Workspace, _ docker: Docker) throws(DockerFailure) -> JSON {
    let arguments = ["--profile", "*", "config", "--format", "json"]
    let text: String
    do throws(DockerFailure) {
      text = try docker.answer(["compose"] + globals(file, workspace) + arguments)
    } catch {
      // Whatever else it says is about the file.
      throw DockerFailure(trouble: error.trouble ?? .badFile(error.description), said: error.said)
    }
    // Warnings may stand before it.
    let start = text.utf8.firstIndex(of: UInt8(ascii: "{")) ?? text.endIndex
    do {
      return try JSON(parsing: Array(text.utf8[start...]))
    } catch {
      throw DockerFailure(trouble: .badFile(text), said: text)
    }
  }

  /// What comes before compose's own verb.
  static func globals(_ file: FilePath, _ workspace: Workspace) -> [String] {
    files(file) + ["--project-directory", workspace.root.string]
  }

  private static func files(_ file: FilePath) -> [String] {
    ["-f", file.string] + (ComposeFile.override(of: file).map { ["-f", $0.string] } ?? [])
  }

  private func ask(_ subject: String, _ arguments: [String]) throws -> String {
    do throws(DockerFailure) {
      return try docker.answer(arguments)
    } catch {
      throw error.error(about: subject)
    }
  }
}
