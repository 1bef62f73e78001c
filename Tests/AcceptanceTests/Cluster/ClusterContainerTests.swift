import Foundation
import Jobs
import Testing

/// Jobs that a cluster does and whose stages are containers: these do not end with the processes of a task.
struct ClusterContainerTests {
  /// A workspace with one film, a daemon for its containers and a cluster.
  private static func with(
    _ body: (TestWorkspace, SlurmCluster, DockerDaemon) throws -> Void
  ) throws {
    try TestWorkspace.withContainers([.gate()], config: ["EXECUTOR=slurm"]) { workspace, daemon in
      try workspace.film()
      try body(workspace, SlurmCluster(workspace, ""), daemon)
    }
  }

  @Test func `a task whose cpwx is killed takes its container with it, and the next run goes on`() throws {
    try Self.with { workspace, cluster, daemon in
      let run = try cluster.startCPWX("run", environment: daemon.environment)
      #expect(workspace.jobHolds("begun"))
      #expect(try daemon.containers().count == 1)
      #expect(workspace.exists(try workspace.job() + "/.cpwx.container"))
      // The record is ahead of the container, and a stage is at work for a while before it is killed.
      usleep(1_200_000)
      for worker in try workspace.workers() { kill(worker, SIGKILL) }
      let outcome = try run.wait()
      #expect(outcome.code == 1, "\(outcome.errors)")
      #expect(try daemon.containers() == [])
      #expect(!workspace.exists(try workspace.job() + "/.cpwx.container"))
      #expect(try workspace.statuses() == ["interrupted": 1])
      let error = try workspace.manifest()["pipeline"]?["error"]?.string
      #expect(error == "its task ended before the job did: cpwx was ended by signal 9 (FAILED)")
      #expect(try #require(try workspace.record("gate")["duration_seconds"]?.double) > 1)

      try workspace.write(try workspace.job() + "/open", "")
      let next = try cluster.cpwx("run", environment: daemon.environment)
      #expect(next.code == 0, "\(next.errors)")
      #expect(try workspace.read(try workspace.job() + "/runs").split(separator: "\n").count == 2)
    }
  }

  @Test func `a task that the cluster cancels takes its container with it`() throws {
    try Self.with { workspace, cluster, daemon in
      let run = try cluster.startCPWX("run", environment: daemon.environment)
      #expect(workspace.jobHolds("begun"))
      _ = try cluster.ask("scancel", try cluster.ask("squeue", "-h", "-o", "%F"))
      let outcome = try run.wait()
      #expect(outcome.code == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains("it was cancelled"))
      // The controller tells of it as soon as it has asked the task to end.
      #expect(eventually { (try? daemon.containers()) == [] })
    }
  }

  @Test func `a task whose daemon has gone says so, and not that its time limit was near`() throws {
    try Self.with { workspace, cluster, daemon in
      // Of the three minutes one is waited for the daemon.
      let flags = ["CPWX_SLURM_FLAGS": "--time=3 --signal=B:URG"]
      let settings = try daemon.environment.merging(flags) { $1 }.merging(workspace.notingLooks()) { $1 }
      let run = try cluster.startCPWX("run", environment: settings)
      #expect(workspace.jobHolds("begun"))
      #expect(workspace.hasSeen(1))
      try daemon.end(by: SIGKILL)
      let outcome = try run.wait()
      #expect(outcome.code == 69, "\(outcome.errors)")
      #expect(!outcome.errors.contains("was near"), "\(outcome.errors)")
      let pipeline = try workspace.manifest()["pipeline"]
      #expect(pipeline?["status"]?.string == "interrupted")
      #expect(
        pipeline?["error"]?.string?.hasSuffix(
          "the Docker daemon does not answer at \(daemon.environment["DOCKER_HOST"] ?? "")") == true)
      try daemon.start()
      try workspace.write(try workspace.job() + "/open", "")
      #expect(try cluster.cpwx("run", environment: daemon.environment).code == 0)
    }
  }

  @Test func `a job whose container may be at work on another node is begun on none until that is settled`() throws {
    try Self.with { workspace, cluster, daemon in
      let run = try daemon.startCPWX("run", "--executor", "local")
      #expect(workspace.jobHolds("begun"))
      run.send(SIGKILL)
      try run.wait()
      let job = try workspace.job()
      let id = (job as NSString).lastPathComponent
      let left = try daemon.containers()
      let note = try workspace.read(job + "/.cpwx.container")
      let here = try #require(try JSON(parsing: Array(note.utf8))["host"]?.string)
      try workspace.write(job + "/.cpwx.container", note.replacing("\"\(here)\"", with: "\"n9\""))
      let refused = try daemon.cpwx("run", "--executor", "local", "--resume", id)
      #expect(refused.code == 75, "\(refused.errors)")
      #expect(refused.output.contains("on n9"), "\(refused.output)")
      let onCluster = try cluster.cpwx("run", environment: daemon.environment)
      #expect(onCluster.code == 1, "\(onCluster.errors)")
      #expect(onCluster.errors.contains("its container may be at work on n9 still"), "\(onCluster.errors)")
      for command in [["job", "rm", "--yes", id], ["archive", "--force", id]] {
        let outcome = try workspace.start([CPWX.path] + command, environment: daemon.environment).wait()
        #expect(outcome.code == (command[0] == "job" ? 75 : 1), "\(outcome.errors)")
        #expect((outcome.output + outcome.errors).contains("on n9"), "\(outcome.output)")
      }
      #expect(try daemon.containers() == left)
      // On the node itself.
      try workspace.write(job + "/.cpwx.container", note)
      let cleaned = try daemon.cpwx("run", "--no-index", "--clean-up", "--resume", id)
      #expect(cleaned.code == 0, "\(cleaned.errors)")
      #expect(try daemon.containers() == [])
      #expect(!workspace.exists(job + "/.cpwx.container"))
      try workspace.write(job + "/open", "")
      #expect(try cluster.cpwx("run", environment: daemon.environment).code == 0)
    }
  }
}

extension TestWorkspace {
  /// The processes of cpwx that do the jobs of a cluster's tasks.
  fileprivate func workers() throws -> [pid_t] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { process in
      guard let pid = pid_t(process),
        let words = FileManager.default.contents(atPath: "/proc/\(process)/cmdline")?.split(separator: 0).map({
          String(decoding: $0, as: UTF8.self)
        })
      else { return nil }
      let folder = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")
      return words.first == CPWX.path && words.contains("--no-index") && folder == root ? pid : nil
    }
  }
}
