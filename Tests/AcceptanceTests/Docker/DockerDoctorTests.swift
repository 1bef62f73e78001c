import Foundation
import Jobs
import Testing

/// `cpwx doctor` where stages are run as containers.
struct DockerDoctorTests {
  @Test func `doctor looks at Docker, at the compose file that init writes and at its image, one by one`() throws {
    try TestWorkspace.with { workspace in
      let daemon = try DockerDaemon(workspace)
      let root = workspace.path("new")
      #expect(try workspace.cpwx("init", root).code == 0)

      let without = try Self.checks(daemon.cpwx("doctor", "-C", root, "--runner", "docker", "--format", "json"))
      #expect(
        without.map(\.name).prefix(9) == [
          "folder in", "folder out", "folder logs", "folder config", "folder archive", "disk", "config", "pipeline",
          "docker",
        ])
      for check in ["docker", "docker compose", "docker daemon", "compose file"] {
        #expect(without.first { $0.name == check }?.status == "ok", "\(check)")
      }
      let lacking = try #require(without.first { $0.name == "image cpwx-stages" })
      #expect(lacking.status == "error")
      #expect(lacking.remedy?.contains("docker build -t cpwx-stages -f \(root)/config/Dockerfile") == true)

      try daemon.importImage()
      #expect(try daemon.docker("tag", DockerDaemon.image, "cpwx-stages").code == 0)
      let ready = try daemon.cpwx("doctor", "-C", root, environment: ["RUNNER": "docker"])
      #expect(ready.code == 0, "\(ready.output)")
      #expect(ready.output.contains("image cpwx-stages"))
      let local = try Self.checks(daemon.cpwx("doctor", "-C", root, "--format", "json"))
      #expect(!local.contains { $0.name.contains("docker") } && local.contains { $0.name == "ffmpeg" })

      try workspace.write("new/config/docker-compose.yml", "services: {demux: {image: \(DockerDaemon.image)}}\n")
      let poor = try Self.checks(daemon.cpwx("doctor", "-C", root, "--runner", "docker", "--format", "json"))
      let file = try #require(poor.first { $0.name == "compose file" })
      #expect(file.status == "error" && file.message.contains("has no service for: "), "\(file.message)")
      #expect(file.message.contains("pre_ner (pre-ner)") && !file.message.contains("demux"), "\(file.message)")
      try workspace.write("new/config/docker-compose.yml", "services: [\n")
      let broken = try daemon.cpwx("doctor", "-C", root, "--runner", "docker", "--format", "json")
      #expect(broken.code == 1)
      #expect(try Self.checks(broken).first { $0.name == "compose file" }?.message.contains("yaml") == true)
    }
  }

  @Test func `doctor tells a missing program, plugin and daemon apart, and what to do about each`() throws {
    try TestWorkspace.with(config: ["RUNNER=docker"]) { workspace in
      try workspace.write("config/docker-compose.yml", "services: {}\n")
      func status(_ environment: [String: String]) throws -> [String: Check] {
        let outcome = try workspace.cpwx("doctor", "--format", "json", environment: environment)
        #expect(outcome.code == 1)
        return Dictionary(try Self.checks(outcome).map { ($0.name, $0) }) { $1 }
      }
      let nothing = try status(["PATH": workspace.path("in")])
      #expect(nothing["docker"]?.status == "error" && nothing["docker"]?.remedy?.contains("docker.io") == true)
      #expect(nothing["docker daemon"] == nil)
      let alone = try status(["DOCKER_HOST": "unix://\(workspace.root)/none.sock", "DOCKER_CONFIG": workspace.root])
      #expect(alone["docker"]?.status == "ok")
      #expect(alone["docker compose"]?.remedy?.contains("docker-compose-plugin") == true)
      #expect(alone["docker daemon"]?.message.contains("none.sock") == true)
      #expect(alone["docker daemon"]?.remedy?.contains("systemctl start docker") == true)
      try workspace.remove("config/docker-compose.yml")
      let bare = try status([:])["compose file"]
      #expect(bare?.message == "there is none: no stage can be run" && bare?.remedy == "Make one with: cpwx init")
      let odd = try status(["RUNNER": "podman"])
      #expect(odd["config RUNNER"]?.status == "error")
    }
  }

  @Test func `doctor tells of limits with which no container would start, and of what is laid over the compose file`()
    throws
  {
    let stages = [
      ContainerStage(name: "wide", script: "true", fields: ["cpus: 4096"]),
      ContainerStage(name: "small", script: "true", fields: ["memory: 1M"]),
      ContainerStage(name: "sure", script: "true", fields: ["memory: 64M"]),
      ContainerStage(name: "well", script: "true", fields: ["memory: 512M", "cpus: 1"]),
    ]
    try TestWorkspace.withContainers(stages) { workspace, daemon in
      let reserving = "services: {tool: {mem_reservation: 128M, environment: {LAID: over}}}\n"
      try workspace.write("config/docker-compose.override.yml", reserving)
      let checks = try Self.checks(daemon.cpwx("doctor", "--format", "json"))
      let limits = checks.filter { $0.name.hasPrefix("limits of ") }
      #expect(limits.map(\.name) == ["limits of wide", "limits of small", "limits of sure"])
      #expect(limits.allSatisfy { $0.status == "error" && $0.message.hasSuffix(": its container would not start") })
      let says = ContainerStage(name: "says", script: "echo \"$LAID\" > \"$2/laid\"")
      try workspace.write("config/pipeline.yaml", ContainerStage.yaml([says]))
      try workspace.film()
      let outcome = try daemon.cpwx("run")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.read(try workspace.job() + "/laid") == "over\n")
    }
  }

  @Test func `doctor warns of limits that a daemon would not keep, such as a user's own without control groups`() throws
  {
    let stages = [
      ContainerStage(name: "wide", script: "true", fields: ["cpus: 1"]),
      ContainerStage(name: "both", script: "true", fields: ["memory: 512M", "cpus: 1"]),
      ContainerStage(name: "free", script: "true"),
    ]
    try TestWorkspace.withContainers(stages) { workspace, daemon in
      func limits(_ environment: [String: String] = [:]) throws -> Check? {
        try Self.checks(daemon.cpwx("doctor", "--format", "json", environment: environment)).first {
          $0.name == "docker limits"
        }
      }
      #expect(try limits() == nil)
      // What the real daemon tells of itself, but what it cannot be here: it takes a machine without control groups.
      let docker = try workspace.start(["sh", "-c", "command -v docker"]).wait().lines[0]
      func answering(_ changes: String) throws -> [String: String] {
        try workspace.write(
          "bin/docker",
          "#!/bin/sh\ncase $1 in info) '\(docker)' \"$@\" | sed '\(changes)';; *) exec '\(docker)' \"$@\";; esac\n")
        chmod(workspace.path("bin/docker"), 0o755)
        return ["PATH": workspace.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")]
      }
      let noMemory = try #require(try limits(answering("s/\"MemoryLimit\":true/\"MemoryLimit\":false/")))
      #expect(noMemory.status == "warning")
      #expect(noMemory.message.contains("no limit of memory of both: their"), "\(noMemory.message)")
      #expect(noMemory.remedy?.contains("docker info") == true)
      let rootless = try #require(
        try limits(
          answering(
            "s/\"\\(MemoryLimit\\|CpuCfsQuota\\)\":true/\"\\1\":false/g; s/\"SecurityOptions\":\\[/&\"name=rootless\",/"
          )))
      #expect(
        rootless.message.contains("no limit of cpus of wide, both and memory of both: their"), "\(rootless.message)")
      #expect(rootless.remedy?.contains("Delegate=cpu") == true)
    }
  }

  private struct Check {
    var name, status, message: String
    var remedy: String?
  }

  private static func checks(_ outcome: Outcome) throws -> [Check] {
    try #require(try JSON(parsing: outcome.output.utf8).array, "\(outcome.errors)").map {
      Check(
        name: $0["check"]?.string ?? "", status: $0["status"]?.string ?? "", message: $0["message"]?.string ?? "",
        remedy: $0["remedy"]?.string)
    }
  }
}
