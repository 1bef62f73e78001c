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

  @Test(arguments: [true, false])
  func `a daemon that goes away in the night interrupts the job and leaves all other films for the next run`(
    isCritical: Bool
  ) throws {
    let after = ContainerStage(name: "after", script: "echo after > \"$2/after.out\"")
    try TestWorkspace.withContainers([.gate(isCritical ? [] : ["critical: false"]), after]) { workspace, daemon in
      for number in 1...3 { try workspace.film("Film \(number) (2001).mp4", holding: "film \(number)") }
      let run = try daemon.startCPWX("run", "--jobs", "1", "--attempts", "1")
      #expect(workspace.jobHolds("begun"))
      try daemon.end()
      let outcome = try run.wait()
      #expect(outcome.code == 69, "\(outcome.errors)")
      #expect(outcome.errors.contains("nothing more is begun: gate: "), "\(outcome.errors)")
      #expect(outcome.errors.contains("the Docker daemon does not answer"), "\(outcome.errors)")
      #expect(outcome.output.contains("left for the next run: gate: "), "\(outcome.output)")
      #expect(workspace.jobs.count == 1)
      let manifest = try workspace.manifest()
      #expect(manifest["pipeline"]?["status"]?.string == "interrupted")
      #expect(manifest["pipeline"]?["error"]?.string?.contains("the Docker daemon does not answer") == true)
      #expect(manifest["history"]?.array?.last?["event"]?.string == "interrupted")
      #expect(manifest["stages"]?["gate"]?["status"]?.string == "failed")
      #expect(manifest["stages"]?["gate"]?["reason"]?.string?.contains("it ended with exit code ") == true)
      #expect(manifest["stages"]?["gate"]?["exit_code"]?.int == 69)
      #expect(manifest["stages"]?["after"] == nil)
      try daemon.start()
      try workspace.write(workspace.jobs[0] + "/open", "")
      // It has failed no time: --attempts 1 gives it up on the first.
      let next = try daemon.cpwx("run", "--max-jobs", "1", "--attempts", "1")
      #expect(next.code == 0, "\(next.errors)")
      #expect(try workspace.statuses() == ["completed": 1])
    }
  }
}
