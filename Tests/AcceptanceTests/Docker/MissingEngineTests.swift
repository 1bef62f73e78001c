import Foundation
import Jobs
import Testing

/// What containers need and is not there is told apart, with what to do, before a job is made.
struct MissingEngineTests {
  private static let stage = ContainerStage(name: "one", script: "exit 0")

  private func refuses(
    _ workspace: TestWorkspace, _ outcome: Outcome, code: Int32 = 69, saying parts: String...,
    at line: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.code == code, "\(outcome.errors)", sourceLocation: line)
    for part in parts { #expect(outcome.errors.contains(part), "\(outcome.errors)", sourceLocation: line) }
    #expect(workspace.jobs == [], sourceLocation: line)
  }

  @Test func `without the program, its plugin, a daemon or leave to speak to it`() throws {
    try TestWorkspace.withContainers([Self.stage]) { workspace, daemon in
      try workspace.film()
      let none = try daemon.cpwx("run", environment: ["PATH": workspace.path("in")])
      refuses(workspace, none, saying: "docker is not found in PATH", "apt-get install docker.io", "No job was made")
      let bare = try daemon.cpwx("run", environment: ["DOCKER_CONFIG": workspace.path("in")])
      refuses(workspace, bare, saying: "no plugin compose", "cli-plugins")
      let away = try daemon.cpwx("run", environment: ["DOCKER_HOST": "unix:///nowhere.sock"])
      refuses(workspace, away, saying: "does not answer at unix:///nowhere.sock", "systemctl start docker")
      workspace.returnAtEnd()
      _ = try workspace.startAsRoot(["chown", "-R", "1234:1234", workspace.root]).wait()
      let variables = daemon.environment.map { "\($0.key)=\($0.value)" }
      let forbidden = try workspace.startAsRoot(
        ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups", "env"] + variables + [CPWX.path, "run"])
      refuses(workspace, try forbidden.wait(), saying: "may not speak to the Docker daemon", "usermod -aG docker")
    }
  }

  @Test func `without a compose file, a service of it, or an image`() throws {
    let services = """
        lacking: {image: no-such-image}
        unbuilt: {build: .}

      """
    try TestWorkspace.withContainers([Self.stage], compose: services) { workspace, daemon in
      try workspace.film()
      for (service, parts) in [
        ("lacking", ["no-such-image: the image of the service 'lacking'", "pull lacking"]),
        ("unbuilt", ["the image of the service 'unbuilt'", "build unbuilt"]),
      ] {
        try workspace.write(
          "config/pipeline.yaml", ContainerStage.yaml([ContainerStage(name: "one", script: "", service: service)]))
        refuses(workspace, try daemon.cpwx("run"), saying: parts[0], parts[1])
      }
      try workspace.write(
        "config/pipeline.yaml", ContainerStage.yaml([ContainerStage(name: "one", script: "", service: "tol")]))
      refuses(
        workspace, try daemon.cpwx("run"), code: 78, saying: "the service 'tol', and there is none",
        "Did you mean tool?")
      try workspace.write("config/pipeline.yaml", "stages:\n  - {name: a, number: 1, command: ['true']}\n")
      refuses(workspace, try daemon.cpwx("run"), code: 78, saying: "pipeline.yaml:2: ", "expected a 'service'")
      refuses(
        workspace, try daemon.cpwx("run", environment: ["RUNNER": "podman"]), code: 78, saying: "is none of its values")
      try workspace.write("config/pipeline.yaml", ContainerStage.yaml([Self.stage]))
      try workspace.write("config/docker-compose.yml", "services: [\n")
      refuses(
        workspace, try daemon.cpwx("run"), code: 78, saying: "docker-compose.yml", "the compose file is not right")
      try workspace.write("config/docker-compose.yml", "services: {tool: {image: a, env_file: [none.env]}}\n")
      refuses(workspace, try daemon.cpwx("run"), code: 78, saying: "the compose file is not right", "none.env")
      try workspace.remove("config/docker-compose.yml")
      refuses(workspace, try daemon.cpwx("run"), code: 78, saying: "there is no compose file", "cpwx init")
    }
  }
}
