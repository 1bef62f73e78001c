import Foundation
import Jobs
import Testing

/// Runs that are killed while a container of theirs is on its way, and what the next one finds.
struct KilledContainerRunTests {
  /// Goes on until it is let go on, and notes what container it is in.
  private static let gate = ContainerStage(
    name: "gate", script: "hostname >> \"$2/runs\"; until [ -e \"$2/open\" ]; do sleep 0.05; done")

  /// Goes on with the only film, whose run was killed, and sees to it that one container is at work.
  private func expectDone(_ workspace: TestWorkspace, _ daemon: DockerDaemon, path: String) throws {
    let next = try daemon.startCPWX("run", environment: ["PATH": path])
    // What the killed run has left was ended before.
    #expect(eventually { next.errorsSoFar.contains("gate started") }, "\(next.errorsSoFar)")
    let job = try workspace.job()
    func begun() -> String? { try? workspace.read(job + "/runs").split(separator: "\n").last.map(String.init) }
    #expect(try eventually { try begun() == daemon.docker("ps", "-q").output.split(separator: "\n").joined() })
    let own = begun()
    // As long as a call of the killed run would have slept.
    usleep(1_500_000)
    #expect(try daemon.docker("ps", "-aq").lines == [own])
    try workspace.write(job + "/open", "")
    let outcome = try next.wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(begun() == own)
    #expect(try daemon.containers() == [])
    #expect(!workspace.exists(try workspace.job() + "/.cpwx.container"))
    #expect(try workspace.composeClients().isEmpty)
  }

  /// What has become of the call that makes the container in the moment in which its run dies.
  @Test(arguments: [
    // It has made none yet, and dies as well.
    ("kill -9 $PPID", false, false),
    // It has made one that is not started.
    (
      "\"$docker\" create --name \"$name\" --label \"$label\" \(DockerDaemon.image) true && kill -9 $PPID",
      true, false
    ),
    // It lives on, and would make and start one.
    ("kill -9 $PPID; exec \"$docker\" \"$@\"", false, false),
    ("kill -9 $PPID; sleep 1; exec \"$docker\" \"$@\"", false, false),
    // The same, and the daemon makes on when it is ended.
    ("kill -9 $PPID; exec \"$docker\" \"$@\"", false, true),
  ])
  func `a run that is killed between its note and its container leaves none at work beside that of the next run`(
    script: String, isCreated: Bool, isSlow: Bool
  ) throws {
    try TestWorkspace.withContainers([Self.gate]) { workspace, daemon in
      if isSlow { try daemon.slowDown() }
      let docker = try workspace.start(["sh", "-c", "command -v docker"]).wait().lines[0]
      try workspace.write(
        "bin/docker",
        """
        #!/bin/sh
        docker='\(docker)'
        case "$*" in *" run --rm "*)
          for word; do
            case "$last" in --name) name=$word;; --label) label=$word;; esac
            last=$word
          done
          mkdir killed 2>/dev/null && { \(script); exit; };;
        esac
        exec "$docker" "$@"

        """)
      chmod(workspace.path("bin/docker"), 0o755)
      try workspace.film()
      let path = workspace.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
      #expect(try daemon.cpwx("run", environment: ["PATH": path]).signal == SIGKILL)
      #expect(workspace.exists(try workspace.job() + "/.cpwx.container"))
      if isCreated {
        let name = try #require(try daemon.containers().first)
        #expect(try daemon.inspect(name)["State"]?["Status"]?.string == "created")
      }
      try expectDone(workspace, daemon, path: path)
    }
  }

  @Test func `so does one that is killed as soon as its note is there`() throws {
    try TestWorkspace.withContainers([Self.gate]) { workspace, daemon in
      try workspace.film()
      let run = try daemon.startCPWX("run")
      #expect(workspace.jobHolds(".cpwx.container"))
      run.send(SIGKILL)
      try run.wait()
      try expectDone(workspace, daemon, path: ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
    }
  }

  @Test func `what it leaves is ended by the next run of anything, though its film is gone`() throws {
    try TestWorkspace.withContainers([Self.gate]) { workspace, daemon in
      let film = try workspace.film()
      let run = try daemon.startCPWX("run")
      #expect(workspace.jobHolds("runs"))
      let job = try workspace.job()
      run.send(SIGKILL)
      try run.wait()
      // The daemon may learn later than the container itself that that is at work.
      #expect(try eventually { try daemon.docker("ps", "-q").lines.count == 1 })
      try workspace.remove(film)
      let next = try daemon.cpwx("run")
      #expect(next.code == 0, "\(next.errors)")
      #expect(next.errors.contains("ended processes that an earlier run had left behind"), "\(next.errors)")
      #expect(try daemon.containers() == [])
      #expect(!workspace.exists(job + "/.cpwx.container"))
    }
  }
}
