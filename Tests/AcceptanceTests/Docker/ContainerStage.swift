import Foundation
import Jobs
import Testing

/// A stage that is a container of the service `tool`: a shell of busybox.
struct ContainerStage {
  var name: String
  /// `$1` is the film, `$2` the job's folder, as the container sees them.
  var script: String
  var outputs: [String] = []
  /// Further lines, such as `memory: 64M`.
  var fields: [String] = []
  var service = "tool"

  /// A stage that goes on until there is a file `open` in the job's folder.
  static func gate(_ fields: [String] = []) -> ContainerStage {
    ContainerStage(
      name: "gate",
      script: """
        echo $$ >> "$2/runs"
        touch "$2/begun"
        until [ -e "$2/open" ]; do sleep 0.05; done
        echo done > "$2/gate.out"
        """,
      outputs: ["gate.out"], fields: fields)
  }

  static func yaml(_ stages: [ContainerStage]) -> String {
    let entries = stages.enumerated().map { index, stage in
      let script = stage.script.split(separator: "\n").map { "          \($0)" }.joined(separator: "\n")
      let outputs = stage.outputs.map { "'\($0)': '\($0)'" }.joined(separator: ", ")
      let fields = stage.fields.map { "\n    \($0)" }.joined()
      return """
          - name: \(stage.name)
            number: \(index + 1)
            service: \(stage.service)
            arguments:
              - sh
              - -c
              - |
        \(script)
              - sh
              - "{input}"
              - "{job_dir}"
            outputs: {\(outputs)}\(fields)
        """
    }
    return "name: tests\nstages:\n" + entries.joined(separator: "\n") + "\n"
  }
}

extension TestWorkspace {
  /// A workspace whose stages are containers, with a daemon of its own.
  ///
  /// - Parameters:
  ///   - compose: more lines of the compose file's services.
  ///   - isKept: the daemon is started anew whenever it ends, and its socket is kept open meanwhile.
  static func withContainers(
    _ stages: [ContainerStage], config: [String] = [], compose: String = "", named name: String = "films",
    isKept: Bool = false,
    _ body: (TestWorkspace, DockerDaemon) throws -> Void
  ) throws {
    try with(config: ["RUNNER=docker"] + config, named: name) { workspace in
      try workspace.write("config/pipeline.yaml", ContainerStage.yaml(stages))
      try workspace.write("config/docker-compose.yml", composeFile + compose)
      let daemon = try DockerDaemon(workspace, isKept: isKept)
      try daemon.importImage()
      try body(workspace, daemon)
    }
  }

  /// With the documented mounts.
  private static let composeFile = """
    services:
      tool:
        image: \(DockerDaemon.image)
        network_mode: none
        environment: ["CONFIG_PATH=${CONFIG_PATH:-/app/config/.env}"]
        volumes: [./in:/app/in:ro, ./out:/app/out, ./logs:/app/logs, ./config:/app/config:ro, ./shared:/app/shared:ro]

    """

  /// The processes of compose that run a container of this workspace, `docker` and its plugin.
  func composeClients() throws -> [(pid: pid_t, arguments: [String])] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { process in
      guard let pid = pid_t(process) else { return nil }
      let bytes = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      let arguments = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return arguments.contains("run") && arguments.contains(root) ? (pid, arguments) : nil
    }
  }

  /// What has cpwx find a `docker` that notes of each container when cpwx is told that it is at work, in the file `seen`.
  func notingLooks() throws -> [String: String] {
    let docker = try start(["sh", "-c", "command -v docker"]).wait().lines[0]
    try write(
      "bin/docker",
      """
      #!/bin/sh
      [ "$1" = inspect ] || exec '\(docker)' "$@"
      told=$('\(docker)' "$@") || exit
      echo "$told"
      # The number of its first process, which is 0 before it is started.
      case "$told" in *" 0 "*) ;; *) echo "$told" >> '\(root)/seen';; esac

      """)
    chmod(path("bin/docker"), 0o755)
    return ["PATH": path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")]
  }

  /// Whether cpwx, run with ``notingLooks()``, comes to see so many containers at work, each of them once.
  func hasSeen(_ containers: Int) -> Bool {
    let isTold = eventually { ((try? read("seen")) ?? "").split(separator: "\n").count >= containers }
    // What a container takes is looked at from then on, ten times a second: that makes it one that was at work.
    usleep(1_000_000)
    return isTold
  }

  /// Leaves the container of the only film's gate at work: its run is killed.
  func leaveContainer(at daemon: DockerDaemon) throws {
    try film()
    let run = try daemon.startCPWX("run")
    #expect(jobHolds("begun"))
    run.send(SIGKILL)
    try run.wait()
  }

  /// The id of the only job.
  func jobID() throws -> String { (try job() as NSString).lastPathComponent }

  /// Whether the only job's folder comes to hold a file.
  func jobHolds(_ file: String) -> Bool {
    eventually { jobs.count == 1 && exists(jobs[0] + "/" + file) }
  }
}

extension DockerDaemon {
  /// What the daemon tells of a container or an image.
  func inspect(_ name: String) throws -> JSON {
    let outcome = try docker("inspect", name)
    return try #require(JSON(parsing: Array(outcome.output.utf8)).array?.first, "\(outcome.errors)")
  }
}
