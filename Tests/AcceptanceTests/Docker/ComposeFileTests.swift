import Foundation
import Jobs
import Testing

/// config/docker-compose.yml, as Compose reads it.
struct ComposeFileTests {
  @Test func `the compose file is clean, and its services are those of the ten stages, with the documented mounts`()
    throws
  {
    try TestWorkspace.with { workspace in
      let daemon = try DockerDaemon(workspace)
      #expect(try workspace.cpwx("init", ".").code == 0)
      let told = try daemon.docker(
        "compose", "-f", "config/docker-compose.yml", "--project-directory", ".", "config", "--format", "json")
      #expect(told.code == 0)
      #expect(told.errors == "")
      let services = try #require(try JSON(parsing: told.output.utf8)["services"]?.object)
      let chain = [
        "demux", "tmdb", "pre-ner", "silero-vad", "pyannote-vad", "diarization", "asr", "post-ner", "subtitle-gen",
        "mux",
      ]
      #expect(Set(services.names) == Set(chain))
      for (name, before) in zip(chain, [nil] + chain) {
        let service = try #require(services[name])
        #expect(service["depends_on"]?.object?.names ?? [] == [before].compactMap { $0 }, "\(name)")
        #expect(service["environment"]?["CONFIG_PATH"]?.string == "/app/config/.env", "\(name)")
        let mounts = try #require(service["volumes"]?.array).map { mount in
          let source = (mount["source"]?.string ?? "").replacingOccurrences(of: workspace.root, with: ".")
          return "\(source):\(mount["target"]?.string ?? "")\(mount["read_only"]?.bool == true ? ":ro" : "")"
        }
        #expect(
          mounts == [
            "./in:/app/in:ro", "./out:/app/out", "./logs:/app/logs", "./config:/app/config:ro",
            "./shared:/app/shared:ro",
          ], "\(name)")
        #expect(service["image"]?.string == "cpwx-stages" && service["pull_policy"]?.string == "never", "\(name)")
        let stage = name.replacing("-", with: "_")
        #expect(service["entrypoint"] == JSON.strings(["cpwx-stage", stage]), "\(name)")
        #expect(try workspace.start([CPWX.path + "-stage", stage, "--help"]).wait().code == 0, "\(stage)")
      }
      let place = "/app/config/.env.job_20251030-001"
      let named = try workspace.start(
        ["docker", "compose", "-f", "config/docker-compose.yml", "--project-directory", ".", "config"],
        environment: daemon.environment.merging(["CONFIG_PATH": place]) { $1 }
      ).wait()
      #expect(named.output.components(separatedBy: "CONFIG_PATH: \(place)\n").count == 11, "\(named.output)")
    }
  }
}
