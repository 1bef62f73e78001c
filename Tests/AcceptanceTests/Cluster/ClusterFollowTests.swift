import Foundation
import Jobs
import Testing

/// Who follows a batch on a cluster, and how it ends before all is done.
struct ClusterFollowTests {
  @Test func `a batch that was left is followed by who attaches, one at a time, and its films are held`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 8) { workspace, cluster in
      let left = try cluster.cpwx("run", "--detach")
      #expect(left.code == 0, "\(left.errors)")
      let batch = try #require(left.lines.first)
      #expect(left.lines == [batch])
      #expect(workspace.exists("logs/batches/\(batch).json"))
      let held = try cluster.cpwx("run")
      #expect(held.code == 75)
      #expect(held.output.contains("cpwx run --attach \(batch)"))
      #expect(try workspace.cpwx("status").output.contains(batch))
      // Two of the eight wait for a place.
      let waiting = try #require(
        try cluster.ask("squeue", "-h", "-r", "-t", "PENDING", "-o", "%K").split(separator: "\n").last)
      let job = (workspace.jobs[try #require(Int(waiting))] as NSString).lastPathComponent
      let removed = try workspace.cpwx("job", "rm", "--yes", job)
      #expect(removed.code == 75)
      #expect(removed.errors.contains("cpwx run --attach \(batch)"), "\(removed.errors)")
      let archived = try workspace.cpwx("archive", "--force", job)
      #expect(archived.code == 1)
      #expect(archived.output.contains("cpwx run --attach \(batch)"), "\(archived.output)")
      #expect(workspace.jobs.count == 8)
      let first = try cluster.startCPWX("run", "--attach", batch)
      #expect(eventually { first.errorsSoFar.contains("one started") })
      #expect(try cluster.cpwx("run", "--attach").code == 75)
      first.send(SIGKILL)
      _ = try first.wait()
      try workspace.write("open", "")
      let outcome = try cluster.cpwx("run", "--attach")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.statuses() == ["completed": 8])
      #expect(workspace.runs.count == 16)
      #expect(try workspace.json("report")["status"]?.string == "completed")
      #expect(try cluster.cpwx("run", "--attach").code == 64)
    }
  }

  @Test func `a batch whose follower died is ended by the next run once its jobs have ended`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 2) { workspace, cluster in
      let run = try cluster.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 2 })
      run.send(SIGKILL)
      _ = try run.wait()
      try workspace.write("open", "")
      #expect(try eventually { try cluster.ask("squeue", "-h") == "" })
      let outcome = try cluster.cpwx("run")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(workspace.tree(".cpwx/cluster") == [])
      #expect(try workspace.json("report")["status"]?.string == "completed")
      #expect(workspace.runs.count == 4)
    }
  }

  @Test func `told to end, a run takes back what waits and lets the running stages finish`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 8) { workspace, cluster in
      let run = try cluster.startCPWX("run")
      // What is not known to have begun is told to end a moment later.
      #expect(eventually { run.errorsSoFar.components(separatedBy: "one started").count == 7 })
      #expect(workspace.count("begun.") == 6)
      run.send(SIGTERM)
      #expect(try eventually { try cluster.ask("squeue", "-h", "-t", "PENDING") == "" })
      usleep(1_000_000)
      try workspace.write("open", "")
      #expect(try run.wait().code == 143)
      #expect(workspace.runs == Array(repeating: "one", count: 6))
      #expect(try workspace.statuses() == ["interrupted": 6, "pending": 2])
      #expect(try cluster.cpwx("run").code == 0)
      #expect(try workspace.statuses() == ["completed": 8])
      #expect(workspace.runs.count == 16)
    }
  }

  @Test func `told twice, it ends the running stages too, and leaves nothing on the cluster`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 8) { workspace, cluster in
      let run = try cluster.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 6 })
      run.send(SIGINT)
      #expect(try eventually { try cluster.ask("squeue", "-h", "-t", "PENDING") == "" })
      run.send(SIGINT)
      #expect(try run.wait().code == 130)
      #expect(try cluster.ask("squeue", "-h") == "")
      #expect(workspace.stageProcesses() == [])
      #expect(try workspace.statuses() == ["interrupted": 6, "pending": 2])
    }
  }

  @Test func `what the cluster cancels is interrupted, with the reason in the manifest, the list and the report`()
    throws
  {
    try TestWorkspace.withCluster([.waiting, .last], films: 2) { workspace, cluster in
      let run = try cluster.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 2 })
      let task = try #require(try cluster.ask("squeue", "-h", "-r", "-o", "%i").split(separator: "\n").first)
      _ = try cluster.ask("scancel", String(task))
      #expect(eventually { run.errorsSoFar.contains("(CANCELLED)") })
      try workspace.write("open", "")
      #expect(try run.wait().code == 1)
      let reason = "the cluster ended it: it was cancelled (CANCELLED)"
      let job = try #require(
        try workspace.jobs.first { try workspace.manifest(of: $0)["pipeline"]?["status"]?.string == "interrupted" })
      #expect(try workspace.manifest(of: job)["pipeline"]?["error"]?.string == reason)
      let listed = try workspace.json("job", "show", job)
      #expect(listed["status"]?.string == "interrupted")
      #expect(try workspace.cpwx("report", "--format", "json").output.contains(reason))
      #expect(try cluster.cpwx("run").code == 0)
      #expect(try workspace.statuses() == ["completed": 2])
    }
  }

  @Test func `a job that reaches its time limit fails, and says so`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 1) { workspace, cluster in
      let outcome = try cluster.cpwx("run", environment: ["CPWX_SLURM_FLAGS": "--time=1 --signal=B:URG"])
      #expect(outcome.code == 1, "\(outcome.errors)")
      let pipeline = try workspace.manifest()["pipeline"]
      #expect(pipeline?["status"]?.string == "failed")
      #expect(pipeline?["error"]?.string == "the cluster ended it: its time limit of 1 min 00 s was reached (TIMEOUT)")
    }
  }
}
