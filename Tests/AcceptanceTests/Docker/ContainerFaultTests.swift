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
      let graphic = try workspace.record("graphic")["reason"]?.string ?? ""
      let said = try workspace.log("graphic")
      #expect(graphic.contains("no GPU on this machine"), "\(said)")
      // It looks like the kernel's doing, and is not.
      #expect(try workspace.record("last")["reason"]?.string?.contains("exit code 137") == true)
      #expect(try daemon.containers() == [])
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
    }
  }

  @Test func `a container that takes too long is asked to end, then made to, and removed`() throws {
    let stages = [
      ContainerStage(
        name: "polite", script: "trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done",
        fields: ["timeout: 1s", "critical: false"]),
      ContainerStage(
        name: "deaf", script: "trap '' TERM; while :; do sleep 0.05; done", fields: ["timeout: 1s", "grace: 0.5s"]),
    ]
    try TestWorkspace.withContainers(stages) { workspace, daemon in
      try workspace.film()
      #expect(try daemon.cpwx("run").code == 1)
      #expect(try workspace.log("polite").contains("bye"))
      for stage in ["polite", "deaf"] {
        #expect(try workspace.record(stage)["reason"]?.string?.contains("longer than 1") == true)
      }
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

  @Test(arguments: ["docker", "local"])
  func `the container of a run that was killed is removed by the next one before anything is started`(next: String)
    throws
  {
    try TestWorkspace.withContainers([.gate()]) { workspace, daemon in
      let local = "    command: [sh, -c, 'echo $$ >> \"$1/runs\"; echo done > \"$1/gate.out\"', sh, '{job_dir}']\n"
      try workspace.write("config/pipeline.yaml", ContainerStage.yaml([.gate()]) + local)
      try workspace.film()
      let run = try daemon.startCPWX("run")
      #expect(workspace.jobHolds("begun"))
      run.send(SIGKILL)
      try run.wait()
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

  @Test(arguments: [["job", "rm", "--yes"], ["archive", "--force"]])
  func `removing or archiving a job ends the container that a killed run of it has left`(command: [String]) throws {
    try TestWorkspace.withContainers([.gate()]) { workspace, daemon in
      try workspace.film()
      let run = try daemon.startCPWX("run")
      #expect(workspace.jobHolds("begun"))
      run.send(SIGKILL)
      try run.wait()
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
