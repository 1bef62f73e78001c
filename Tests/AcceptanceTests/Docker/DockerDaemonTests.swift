import Foundation
import Testing

struct DockerDaemonTests {
  @Test func `a test's daemon runs containers of compose, and takes everything with it when the test ends`() throws {
    var folder = ""
    try TestWorkspace.with { workspace in
      let daemon = try DockerDaemon(workspace)
      folder = String(try #require(daemon.environment["DOCKER_CONFIG"]).dropLast("/config".count))
      try daemon.importImage()
      let service = "services: {one: {image: \(DockerDaemon.image), network_mode: none}}"
      try workspace.write("docker-compose.yml", service)
      let run = try daemon.docker("compose", "run", "--rm", "--no-deps", "one", "sh", "-c", "echo told; exit 3")
      #expect(run.code == 3, "\(run.errors)")
      #expect(run.output == "told\n")
      let left = try daemon.docker("compose", "run", "-d", "--name", "left", "one", "sleep", "3600")
      #expect(left.code == 0, "\(left.errors)")
      #expect(try daemon.containers() == ["left"])
      #expect(try Self.trace(of: folder) != [])
    }
    #expect(!FileManager.default.fileExists(atPath: folder))
    // What was killed last is still there for a moment.
    var left: [String] = []
    let isGone = try eventually {
      left = try Self.trace(of: folder)
      return left == []
    }
    #expect(isGone, "\(left)")
  }

  /// The processes and mounts that name the daemon's folder or its control group.
  private static func trace(of folder: String) throws -> [String] {
    let name = String(folder.split(separator: "/").last ?? "")
    let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).split(separator: "\n")
    let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }
    func says(_ process: String, _ file: String) -> Bool {
      let text = FileManager.default.contents(atPath: "/proc/\(process)/\(file)") ?? Data()
      return text.range(of: Data(name.utf8)) != nil
    }
    return mounts.map(String.init).filter { $0.contains(name) }
      + processes.filter { says($0, "cmdline") || says($0, "cgroup") }
  }
}
