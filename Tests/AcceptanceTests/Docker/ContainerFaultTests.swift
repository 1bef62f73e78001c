import Foundation
import Jobs
import Testing

/// What goes wrong with containers: told apart, and nothing of them left at work.
struct ContainerFaultTests {
  @Test func `the exit code of a container is the stage's, and a command that its image lacks is told`() throws {
    let stages = [
      ContainerStage(name: "odd", script: "echo said before it failed; exit 3", fields: ["critical: false"]),
      ContainerStage(name: "one", script: "exit 1", fields: ["critical: false"]),
    ]
    let lacking = """
        - {name: graphic, number: 5, service: tool, gpus: 1, arguments: [ls], critical: false}
        - {name: lacking, number: 3, service: tool, arguments: [no-such-program], critical: false}
        - {name: locked, number: 6, service: tool, arguments: [/app/in], critical: false}
        - {name: last, number: 4, service: tool, arguments: [sh, -c, 'kill -9 1; sleep 0.2; exit 137'], critical: false}

      """
    try TestWorkspace.withContainers(stages) { workspace, daemon in
      try workspace.write("config/pipeline.yaml", ContainerStage.yaml(stages) + lacking)
      try workspace.film()
      let outcome = try daemon.cpwx("run")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.record("odd")["exit_code"]?.int == 3)
      #expect(try workspace.record("odd")["error"]?.string == "said before it failed")
      #expect(try workspace.record("one")["exit_code"]?.int == 1)
      #expect(try workspace.record("one")["reason"]?.string?.contains("exit code 1") == true)
      let reason = try workspace.record("lacking")["reason"]?.string ?? ""
      #expect(reason.contains("its image cannot start it") && reason.contains("no-such-program"), "\(reason)")
      let locked = try workspace.record("locked")["reason"]?.string ?? ""
      #expect(locked.contains("its image cannot start it") && locked.contains("permission denied"), "\(locked)")
      let graphic = try workspace.record("graphic")["reason"]?.string ?? ""
      let said = try workspace.log("graphic")
      #expect(graphic.contains("no GPU on this machine"), "\(said)")
      // It looks like the kernel's doing, and is not.
      let killed = try workspace.record("last")["reason"]?.string ?? ""
      #expect(killed.contains("what it had begun was killed, perhaps for want of memory (exit code 137)"), "\(killed)")
      #expect(try daemon.containers() == [])
    }
  }

  @Test(arguments: [
    (
      "sed -i 's/^  fixed:/  gone:/' config/docker-compose.yml", "the compose file has no service fixed", 78
    ),
    (
      "\"$docker\" rmi -f \(DockerDaemon.image) >/dev/null",
      "the image \(DockerDaemon.image):latest is not on this machine",
      69
    ),
    (
      "for word; do [ \"$last\" = --name ] && \"$docker\" create --name \"$word\" \(DockerDaemon.image) true >/dev/null; last=$word; done",
      "another container has its name", 75
    ),
  ])
  func `what changes between the look at it and the start is told, and nothing of others is touched`(
    change: String, reason: String, code: Int
  ) throws {
    let stage = ContainerStage(name: "one", script: "exit 0", service: "fixed")
    let compose = """
        fixed:
          image: \(DockerDaemon.image)
          pull_policy: never
          network_mode: none
          environment: ["CONFIG_PATH=${CONFIG_PATH:-/app/config/.env}"]
          volumes: [./in:/app/in:ro, ./out:/app/out, ./logs:/app/logs, ./config:/app/config:ro, ./shared:/app/shared:ro]

      """
    try TestWorkspace.withContainers([stage], compose: compose) { workspace, daemon in
      let docker = try workspace.start(["sh", "-c", "command -v docker"]).wait().lines[0]
      try workspace.write(
        "bin/docker",
        """
        #!/bin/sh
        docker='\(docker)'
        case "$*" in *" run --rm "*) \(change) ;; esac
        exec "$docker" "$@"

        """)
      chmod(workspace.path("bin/docker"), 0o755)
      try workspace.film()
      let path = workspace.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
      // Of these the image alone is an engine that is missing, and the run's own code says so.
      #expect(try daemon.cpwx("run", environment: ["PATH": path]).code == (code == 69 ? 69 : 1))
      let record = try workspace.record("one")
      #expect(record["reason"]?.string?.contains(reason) == true, "\(record.text())")
      #expect(record["reason"]?.string?.contains("..") == false, "\(record.text())")
      #expect(record["exit_code"]?.int == code, "\(record.text())")
      #expect(try daemon.containers().count == (code == 75 ? 1 : 0))
    }
  }

  @Test func `what no container can be started for is told, with what was said last, and nothing is started`() throws {
    let stage = ContainerStage(name: "one", script: "exit 1", service: "odd")
    let compose = """
        odd:
          image: \(DockerDaemon.image)
          network_mode: none
          devices: [/dev/cpwx-none]
          environment: ["CONFIG_PATH=${CONFIG_PATH:-/app/config/.env}"]
          volumes: [./in:/app/in:ro, ./out:/app/out, ./logs:/app/logs, ./config:/app/config:ro, ./shared:/app/shared:ro]

      """
    try TestWorkspace.withContainers([stage], compose: compose) { workspace, daemon in
      func refuses(_ reason: String, _ arguments: String...) throws {
        let outcome = try workspace.start([CPWX.path, "run"] + arguments, environment: daemon.environment).wait()
        #expect(outcome.code == 1, "\(outcome.errors)")
        #expect(outcome.output.contains("one: \(reason)"), "\(outcome.output) \(outcome.errors)")
        #expect(try daemon.containers() == [])
      }
      let film = try workspace.film()
      try refuses("docker compose did not start its container: Error response from daemon: error gathering", film)

      // A job of an older tree.
      let job = try workspace.job()
      let older = workspace.path("jobs") + job.dropFirst(workspace.path("out").count)
      try FileManager.default.createDirectory(
        atPath: (older as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try FileManager.default.moveItem(atPath: job, toPath: older)
      try FileManager.default.removeItem(atPath: workspace.path("out"))
      try refuses("the job's folder \(older) is not below \(workspace.path("out"))", "--resume", older)

      let script = """
        d=$(printf 'd\\377') && mkdir "$1/$d" && echo film > "$1/$d/film.mp4"
        touch -d '1 hour ago' "$1/$d/film.mp4" && ln -s "$1/$d/film.mp4" "$1/in/Anand (1971).mp4"
        """
      #expect(try workspace.start(["sh", "-ec", script, "sh", workspace.root]).wait().code == 0)
      try refuses(
        "the film's path is no UTF-8, which is all that Docker passes on", workspace.path("in/Anand (1971).mp4"))
    }
  }

  @Test func `a container that needs more memory than it may have is said to`() throws {
    let stage = ContainerStage(
      name: "greedy", script: "(x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done); echo survived; exit 3",
      fields: ["memory: 32M"])
    try TestWorkspace.withContainers([stage]) { workspace, daemon in
      try workspace.film()
      #expect(try daemon.cpwx("run").code == 1)
      let record = try workspace.record("greedy")
      // Whatever it said last.
      #expect(record["error"]?.string?.contains("more memory") != true, "\(record.text())")
      let shown = try workspace.json("job", "show", "latest")["stages"]?.array?.first
      #expect(shown?["reason"] == record["reason"])
      #expect(try workspace.cpwx("job", "show", "latest").output.contains("more memory"))
      let reason = record["reason"]?.string ?? ""
      #expect(reason.contains("more memory") && reason.contains("32"), "\(reason)")
      #expect(reason.contains("give the stage more by 'memory' in the pipeline file"), "\(reason)")
    }
  }

  @Test func `a container whose first process the kernel ends for want of memory says so, and 137`() throws {
    let stage = ContainerStage(
      name: "greedy", script: "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done", fields: ["memory: 32M"])
    try TestWorkspace.withContainers([stage]) { workspace, daemon in
      try workspace.film()
      #expect(try daemon.cpwx("run").code == 1)
      let record = try workspace.record("greedy")
      #expect(record["exit_code"]?.int == 137, "\(record.text())")
      #expect(record["reason"]?.string?.contains("more memory") == true, "\(record.text())")
      #expect(try daemon.containers() == [])
    }
  }

  @Test func `a container that takes too long is asked to end, then made to, and removed`() throws {
    let stages = [
      // Of its time a busy disk takes much before its shell begins.
      ContainerStage(
        name: "polite", script: "trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done",
        fields: ["timeout: 50s", "critical: false"]),
      ContainerStage(
        name: "deaf", script: "trap '' TERM; while :; do sleep 0.05; done", fields: ["timeout: 1s", "grace: 0.5s"]),
    ]
    try TestWorkspace.withContainers(stages) { workspace, daemon in
      try workspace.film()
      #expect(try daemon.cpwx("run").code == 1)
      #expect(try workspace.log("polite").contains("bye"))
      for (stage, limit) in [("polite", 50), ("deaf", 1)] {
        #expect(try workspace.record(stage)["reason"]?.string?.contains("longer than \(limit)") == true)
      }
      #expect(try daemon.containers() == [])
    }
  }

  @Test func `the first Ctrl-C lets the container finish, and begins no other`() throws {
    let next = ContainerStage(name: "next", script: "touch \"$2/next\"")
    try TestWorkspace.withContainers([.gate(), next]) { workspace, daemon in
      try workspace.film()
      let run = try daemon.startCPWX("run")
      #expect(workspace.jobHolds("begun"))
      run.send(SIGINT)
      #expect(eventually { run.errorsSoFar.contains("Stopping") })
      #expect(try daemon.containers().count == 1)
      try workspace.write(try workspace.job() + "/open", "")
      #expect(try run.wait().code == 130)
      #expect(try workspace.record("gate")["status"]?.string == "success")
      let manifest = try workspace.manifest()
      #expect(manifest["stages"]?["next"] == nil)
      #expect(manifest["pipeline"]?["status"]?.string == "interrupted")
      #expect(try daemon.containers() == [])
    }
  }

  @Test func `the second Ctrl-C stops the container, and the next run goes on`() throws {
    try TestWorkspace.withContainers([.gate(["grace: 0.3s"])]) { workspace, daemon in
      try workspace.film()
      let run = try daemon.startCPWX("run")
      #expect(workspace.jobHolds("begun"))
      run.send(SIGINT)
      #expect(eventually { run.errorsSoFar.contains("Stopping") })
      #expect(try daemon.containers().count == 1)
      run.send(SIGINT)
      #expect(try run.wait().code == 130)
      #expect(try daemon.containers() == [])
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "interrupted")

      try workspace.write(try workspace.job() + "/open", "")
      #expect(try daemon.cpwx("run").code == 0)
      #expect(try workspace.read(try workspace.job() + "/gate.out") == "done\n")
    }
  }

  @Test(arguments: [("docker", true), ("local", true), ("local", false)])
  func `the container of a run that was killed is removed by the next one before anything is started`(
    next: String, hasEnv: Bool
  ) throws {
    try TestWorkspace.withContainers([.gate()]) { workspace, daemon in
      try workspace.declareGateForBothRunners()
      try workspace.leaveContainer(at: daemon)
      if !hasEnv { try workspace.remove(try workspace.job() + "/job.env") }
      let name = try #require(try daemon.containers().first)
      let first = try daemon.inspect(name)["Id"]?.string
      let second = try daemon.startCPWX("run", "--runner", next)
      #expect(eventually { second.errorsSoFar.contains("ended processes that an earlier run had left behind") })
      #expect(try eventually { try daemon.docker("inspect", first ?? "").code != 0 })
      try workspace.write(try workspace.job() + "/open", "")
      let outcome = try second.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.read(try workspace.job() + "/runs").split(separator: "\n").count == 2)
      #expect(try daemon.containers() == [])
    }
  }

  @Test func `a container is ended by the daemon that has it, whichever the next run speaks to, and waited for else`()
    throws
  {
    try TestWorkspace.withContainers([.gate()]) { workspace, daemon in
      try workspace.declareGateForBothRunners()
      try workspace.film()
      let address = try #require(daemon.environment["DOCKER_HOST"])
      try #require(try daemon.docker("context", "create", "own", "--docker", "host=" + address).code == 0)
      // The first run knows it by its context.
      let run = try daemon.startCPWX("run", environment: ["DOCKER_HOST": "", "DOCKER_CONTEXT": "own"])
      #expect(workspace.jobHolds("begun"))
      run.send(SIGKILL)
      try run.wait()
      let (job, id) = (try workspace.job(), try workspace.jobID())
      let note = try JSON(parsing: workspace.bytes(job + "/.cpwx.container"))
      #expect(note["docker_host"]?.string == address)

      let other = try DockerDaemon(workspace)
      try other.importImage()
      try daemon.hide()
      let none = try daemon.cpwx("run", "--runner", "local", environment: ["PATH": workspace.path("in")])
      #expect(none.code == 75, "\(none.errors)")
      #expect((none.output + none.errors).contains("could not be seen: the program docker is not found"))
      let commands = [
        ["run"], ["run", "--runner", "local"], ["run", "--resume", id], ["job", "cancel", id],
        ["job", "rm", "--yes", id],
        ["archive", "--force", id],
      ]
      for command in commands {
        let outcome = try workspace.start([CPWX.path] + command, environment: other.environment).wait()
        #expect(outcome.code == (command[0] == "archive" ? 1 : 75), "\(command): \(outcome.errors)")
        let said = outcome.output + outcome.errors
        #expect(said.contains("is cancelled; its container may go on") == command.contains("cancel"), "\(said)")
        if command.contains("cancel") { #expect(!said.contains("Nothing was changed"), "\(said)") }
        #expect(said.contains("could not be seen: the Docker daemon does not answer at \(address)"), "\(said)")
      }
      try daemon.show()
      #expect(try daemon.containers().count == 1)
      #expect(try workspace.read(job + "/runs").split(separator: "\n").count == 1)
      // Of these one is a wish that stands whatever becomes of the container.
      #expect(workspace.exists(job + "/.cpwx.cancelled"))
      #expect(try workspace.json("job", "show", id)["status"]?.string == "interrupted")

      let second = try other.startCPWX("run", "--resume", id)
      #expect(eventually { second.errorsSoFar.contains("ended processes that an earlier run had left behind") })
      #expect(try daemon.containers() == [])
      try workspace.write(job + "/open", "")
      let outcome = try second.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.read(job + "/runs").split(separator: "\n").count == 2)
      #expect(!workspace.exists(job + "/.cpwx.container"))
      #expect(try other.containers() == [])
    }
  }

  @Test func `a client that cannot be started any more leaves no note and no file of its own`() throws {
    let stage = ContainerStage(name: "one", script: "exit 0", fields: ["cpus: 0.5"])
    try TestWorkspace.withContainers([stage]) { workspace, daemon in
      try workspace.film()
      // Gone after the last question that goes before the start.
      let real = try workspace.start(["sh", "-c", "command -v docker"]).wait().lines[0]
      try workspace.write(
        "bin/docker", "#!/bin/sh\ncase \"$*\" in *name=*) /bin/rm \"$0\";; esac\nexec \(real) \"$@\"\n")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: workspace.path("bin/docker"))
      let outcome = try daemon.cpwx("run", environment: ["PATH": workspace.path("bin")])
      #expect(outcome.code == 69, "\(outcome.errors)")
      #expect(outcome.errors.contains("docker cannot be started"), "\(outcome.errors)")
      let job = try workspace.job()
      #expect(!workspace.exists(job + "/.cpwx.container"))
      #expect(workspace.tree("out").filter { $0.contains("compose") } == [])
    }
  }

  @Test(arguments: [["job", "rm", "--yes"], ["archive", "--force"]])
  func `removing or archiving a job ends the container that a killed run of it has left`(command: [String]) throws {
    try TestWorkspace.withContainers([.gate()]) { workspace, daemon in
      try workspace.leaveContainer(at: daemon)
      #expect(try daemon.containers().count == 1)
      let words = [CPWX.path] + command + [try workspace.jobID()]
      let outcome = try workspace.start(words, environment: daemon.environment).wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try daemon.containers() == [])
      #expect(workspace.jobs == [])
    }
  }

  @Test(arguments: [true, false])
  func `cancelling a job removes its container, whether its run lives or was killed`(isRunning: Bool) throws {
    try TestWorkspace.withContainers([.gate(["grace: 0.3s"])]) { workspace, daemon in
      try workspace.film()
      let run = try daemon.startCPWX("run")
      #expect(workspace.jobHolds("begun"))
      if !isRunning {
        run.send(SIGKILL)
        try run.wait()
      }
      #expect(try daemon.containers().count == 1)
      let outcome = try daemon.cpwx("job", "cancel", "latest")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try daemon.containers() == [])
      if isRunning { #expect(try run.wait().code == 1) }
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "interrupted")
    }
  }

  @Test func `a job whose container cannot be seen is cancelled all the same, and ended when that is asked once more`()
    throws
  {
    try TestWorkspace.withContainers([.gate()]) { workspace, daemon in
      try workspace.leaveContainer(at: daemon)
      let planned = try daemon.cpwx("job", "cancel", "--dry-run", "latest").output
      #expect(planned.contains("would have its container on "), "\(planned)")
      try daemon.hide()
      #expect(try daemon.cpwx("job", "cancel", "latest").code == 75)
      try daemon.show()
      #expect(try daemon.containers().count == 1)
      let again = try daemon.cpwx("job", "cancel", "latest")
      #expect(again.code == 0, "\(again.errors)")
      #expect(again.output.contains("cancelled"))
      #expect(try daemon.containers() == [])
      // No run goes on with it.
      #expect(try daemon.cpwx("run").code == 0)
      #expect(try daemon.containers() == [])
      #expect(try workspace.manifest()["history"]?.array?.count { $0["event"]?.string == "cancelled" } == 1)
    }
  }

  @Test func `a container of another workspace that has the same name is left alone`() throws {
    let stage = ContainerStage(name: "one", script: "touch \"$2/done\"")
    try TestWorkspace.withContainers([stage]) { workspace, daemon in
      try workspace.film()
      let made = try daemon.cpwx("job", "create", "--user", "1")
      let day = made.output.prefix(8)
      let other = "cpwx_\(day)-002_one"
      let started = try daemon.docker(
        "run", "-d", "--network", "none", "--name", other, "--label", "cpwx.job_dir=/elsewhere", DockerDaemon.image,
        "sleep", "60")
      #expect(started.code == 0, "\(started.errors)")
      let outcome = try daemon.cpwx("run")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("\(day)-002"))
      #expect(try daemon.containers() == [other])
    }
  }

  @Test(arguments: [SIGKILL, SIGTERM])
  func `a client that dies takes its container with it`(signal: Int32) throws {
    try TestWorkspace.withContainers([.gate()]) { workspace, daemon in
      try workspace.film()
      let run = try daemon.startCPWX("run")
      #expect(workspace.jobHolds("begun"))
      for client in try workspace.composeClients() { kill(client.pid, signal) }
      let outcome = try run.wait()
      #expect(outcome.code == 1, "\(outcome.errors)")
      let reason = try workspace.record("gate")["reason"]?.string ?? ""
      #expect(reason.contains("ended by signal \(signal)"), "\(reason)")
      #expect(try daemon.containers() == [])
    }
  }
}

extension TestWorkspace {
  /// A pipeline of the gate, which a local run passes at once.
  fileprivate func declareGateForBothRunners() throws {
    let local = "    command: [sh, -c, 'echo $$ >> \"$1/runs\"; echo done > \"$1/gate.out\"', sh, '{job_dir}']\n"
    try write("config/pipeline.yaml", ContainerStage.yaml([.gate()]) + local)
  }
}
