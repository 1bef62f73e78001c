import Foundation
import Jobs
import Testing

/// A Docker daemon that goes away in the middle of a night, as when an update starts it anew.
struct DaemonOutageTests {
  private static let after = ContainerStage(name: "after", script: "echo after > \"$2/after.out\"")

  /// How often a run has told something.
  private func count(_ words: String, in said: String) -> Int { said.components(separatedBy: words).count - 1 }

  /// Both jobs, each of them begun so many times, are done in the night that has seen the daemon go.
  private func expectDone(
    _ workspace: TestWorkspace, _ daemon: DockerDaemon, _ outcome: Outcome, jobs: Int, begun times: Int
  ) throws {
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(try workspace.statuses() == ["completed": jobs])
    for job in workspace.jobs {
      #expect(try workspace.read(job + "/runs").split(separator: "\n").count == times)
      #expect(try workspace.read(job + "/after.out") == "after\n")
      #expect(!workspace.exists(job + "/.cpwx.container"))
      let manifest = try workspace.manifest(of: job)
      #expect(manifest["history"]?.array?.count { $0["event"]?.string == "started" } == 1)
      #expect(manifest["stages"]?["gate"]?["attempt"]?.int == times)
    }
    #expect(try daemon.containers() == [])
  }

  @Test(arguments: [SIGTERM, SIGKILL])
  func `one that is back soon ends no job and costs no film an attempt, and is told of once`(signal: Int32) throws {
    try TestWorkspace.withContainers([.gate(), Self.after]) { workspace, daemon in
      for number in 1...2 { try workspace.film("Film \(number) (2001).mp4", holding: "film \(number)") }
      let run = try daemon.startCPWX("run", "--attempts", "1", environment: try workspace.notingLooks())
      #expect(eventually { workspace.jobs.count { workspace.exists($0 + "/begun") } == 2 })
      #expect(workspace.hasSeen(2))
      try daemon.end(by: signal)
      #expect(eventually { count("gate failed", in: run.errorsSoFar) == 2 }, "\(run.errorsSoFar)")
      for job in workspace.jobs { try workspace.remove(job + "/begun") }
      try daemon.start()
      #expect(eventually { workspace.jobs.count { workspace.exists($0 + "/begun") } == 2 })
      #expect(try daemon.containers().count == 2)
      for job in workspace.jobs { try workspace.write(job + "/open", "") }
      let outcome = try run.wait(atMost: 300)
      #expect(count("stages cannot be run just now", in: outcome.errors) == 1, "\(outcome.errors)")
      #expect(count("stages can be run again", in: outcome.errors) == 1, "\(outcome.errors)")
      try expectDone(workspace, daemon, outcome, jobs: 2, begun: 2)
    }
  }

  @Test(arguments: [SIGTERM, SIGKILL])
  func `one that is started anew while its socket is kept open is known to have taken the container with it`(
    signal: Int32
  ) throws {
    try TestWorkspace.withContainers([.gate(), Self.after], isKept: true) { workspace, daemon in
      try workspace.film()
      let run = try daemon.startCPWX("run", "--attempts", "1", environment: try workspace.notingLooks())
      #expect(workspace.jobHolds("begun"))
      #expect(workspace.hasSeen(1))
      try workspace.remove(try workspace.job() + "/begun")
      try daemon.startAnew(after: signal)
      #expect(eventually { workspace.exists(workspace.jobs[0] + "/begun") }, "\(run.errorsSoFar)")
      try workspace.write(try workspace.job() + "/open", "")
      let outcome = try run.wait(atMost: 300)
      let told = "the Docker daemon was started anew while its container was at work"
      #expect(outcome.errors.contains("at the most: gate: \(told)\n"), "\(outcome.errors)")
      try expectDone(workspace, daemon, outcome, jobs: 1, begun: 2)
    }
  }

  @Test func `one that goes away each time that a stage is begun is not waited for without end`() throws {
    try TestWorkspace.withContainers([.gate(), Self.after], isKept: true) { workspace, daemon in
      try workspace.film()
      let run = try daemon.startCPWX("run", "--attempts", "1", environment: try workspace.notingLooks())
      for round in 1...4 {
        #expect(eventually { workspace.jobs.count == 1 && workspace.exists(workspace.jobs[0] + "/begun") })
        #expect(workspace.hasSeen(round))
        try workspace.remove(try workspace.job() + "/begun")
        try daemon.startAnew(after: SIGKILL)
      }
      let outcome = try run.wait(atMost: 300)
      #expect(outcome.code == 69, "\(outcome.errors)")
      #expect(workspace.jobs.count == 1 && outcome.errors.contains(": gate: the Docker daemon was started anew"))
      #expect(try workspace.manifest()["stages"]?["gate"]?["attempt"]?.int == 4)
      #expect(try workspace.statuses() == ["interrupted": 1])
    }
  }

  @Test func `a run that is told to end waits for it no longer`() throws {
    try TestWorkspace.withContainers([.gate(), Self.after]) { workspace, daemon in
      try workspace.film()
      let run = try daemon.startCPWX("run", "--attempts", "1")
      #expect(workspace.jobHolds("begun"))
      try daemon.end()
      #expect(eventually { run.errorsSoFar.contains("stages cannot be run just now") })
      run.send(SIGTERM)
      #expect(try run.wait(atMost: 300).code == 143)
      let manifest = try workspace.manifest()
      #expect(manifest["pipeline"]?["error"]?.string == "stopped at gate; the next run goes on from there")
      try daemon.start()
      try workspace.write(try workspace.job() + "/open", "")
      #expect(try daemon.cpwx("run", "--attempts", "1").code == 0)
      #expect(try workspace.statuses() == ["completed": 1])
    }
  }

  @Test func `one that stays away interrupts the job and leaves all other films for the next run`() throws {
    try TestWorkspace.withContainers([.gate(["critical: false"]), Self.after]) { workspace, daemon in
      for number in 1...3 { try workspace.film("Film \(number) (2001).mp4", holding: "film \(number)") }
      let run = try daemon.startCPWX("run", "--jobs", "1", "--attempts", "1")
      #expect(workspace.jobHolds("begun"))
      try daemon.end()
      let outcome = try run.wait(atMost: 300)
      #expect(outcome.code == 69, "\(outcome.errors)")
      #expect(outcome.errors.contains("nothing more is begun: gate: "), "\(outcome.errors)")
      #expect(outcome.errors.contains("the Docker daemon does not answer"), "\(outcome.errors)")
      #expect(outcome.output.contains("left for the next run: gate: "), "\(outcome.output)")
      #expect(
        outcome.errors.contains("stages cannot be run just now; that is waited out, 1 min 00 s at the most: gate: "))
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
