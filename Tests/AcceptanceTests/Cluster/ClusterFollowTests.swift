import Foundation
import Jobs
import Testing

/// Who follows a batch on a cluster, and how it ends before all is done.
struct ClusterFollowTests {
  @Test func `a batch that was left is followed by who attaches, one at a time, and its films are held`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 8) { workspace, cluster in
      // A limit has all of a batch in one array, however long the disk takes for its jobs.
      let left = try cluster.cpwx("run", "--detach", "--jobs", "8")
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
      #expect(workspace.toldToEnd(6))
      try workspace.write("open", "")
      #expect(try run.wait().code == 143)
      #expect(workspace.runs == Array(repeating: "one", count: 6))
      #expect(try workspace.statuses() == ["interrupted": 6, "pending": 2])
      #expect(try cluster.cpwx("run").code == 0)
      #expect(try workspace.statuses() == ["completed": 8])
      #expect(workspace.runs.count == 16)
    }
  }

  /// Tells who follows six running jobs and two waiting ones twice to end.
  private func expectNothingLeft(
    of run: Program, toldTwiceIn workspace: TestWorkspace, _ cluster: SlurmCluster
  ) throws {
    run.send(SIGINT)
    #expect(try eventually { try cluster.ask("squeue", "-h", "-t", "PENDING") == "" })
    run.send(SIGINT)
    #expect(try run.wait().code == 130)
    #expect(try cluster.ask("squeue", "-h") == "")
    #expect(workspace.stageProcesses() == [])
    #expect(try workspace.statuses() == ["interrupted": 6, "pending": 2])
  }

  @Test func `told twice, it ends the running stages too, and leaves nothing on the cluster`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 8) { workspace, cluster in
      let run = try cluster.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 6 })
      try expectNothingLeft(of: run, toldTwiceIn: workspace, cluster)
    }
  }

  @Test func `a cluster that could not be told to end is told again, and a word of it is said once`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 2) { workspace, cluster in
      // The real scancel, once it is let.
      let scancel = """
        #!/bin/sh
        case "$*" in *--version*) exec /usr/bin/scancel "$@";; esac
        [ ! -e deaf ] || { echo deaf >&2; exit 1; }
        exec /usr/bin/scancel "$@"
        """
      try workspace.write("bin/scancel", scancel)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: workspace.path("bin/scancel"))
      let path = workspace.path("bin") + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
      let run = try cluster.startCPWX("run", environment: ["PATH": path])
      #expect(eventually { run.errorsSoFar.components(separatedBy: "one started").count == 3 })
      try workspace.write("deaf", "")
      run.send(SIGTERM)
      let warning = "the cluster could not be told to end the batch, and will be told again: deaf"
      #expect(eventually { run.errorsSoFar.contains(warning) })
      usleep(2_000_000)
      #expect(run.errorsSoFar.components(separatedBy: warning).count == 2)
      try workspace.remove("deaf")
      #expect(workspace.toldToEnd(2))
      try workspace.write("open", "")
      #expect(try run.wait().code == 143)
      #expect(workspace.runs == ["one", "one"])
      #expect(try workspace.statuses() == ["interrupted": 2])
    }
  }

  @Test func `told twice while the controller is silent, a run leaves its batch there and says how to follow it`()
    throws
  {
    try TestWorkspace.withCluster([.waiting, .last], films: 2) { workspace, cluster in
      let run = try cluster.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 2 })
      try cluster.stopController()
      #expect(eventually { run.errorsSoFar.contains("its jobs go on, and are followed") })
      run.send(SIGINT)
      #expect(eventually { run.errorsSoFar.contains("Stopping after") })
      run.send(SIGINT)
      let outcome = try run.wait()
      #expect(outcome.code == 130, "\(outcome.errors)")
      #expect(outcome.errors.contains("what runs on the cluster is left there; later: cpwx run --attach "))
      try cluster.startController()
      try workspace.write("open", "")
      let followed = try cluster.cpwx("run", "--attach")
      #expect(followed.code == 0, "\(followed.errors)")
      #expect(try workspace.statuses() == ["completed": 2])
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
      let sql = "SELECT error FROM jobs WHERE status = 'interrupted'"
      #expect(try workspace.start(["sqlite3", "-readonly", ".cpwx/index.sqlite", sql]).wait().lines == [reason])
      let listed = try workspace.json("job", "list", "status=interrupted").array
      #expect(listed?.map { $0["error"]?.string } == [reason])
      #expect(try workspace.cpwx("report", "--format", "json").output.contains(reason))
      #expect(try cluster.cpwx("run").code == 0)
      #expect(try workspace.statuses() == ["completed": 2])
    }
  }

  @Test func `a job that reaches its time limit fails, and says so`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 1) { workspace, cluster in
      // The controller looks at the limits of time twice a minute, and later where the machine has much to do.
      let flags = ["CPWX_SLURM_FLAGS": "--time=1 --signal=B:URG"]
      let outcome = try cluster.cpwx("run", environment: flags, atMost: 300)
      #expect(outcome.code == 1, "\(outcome.errors)")
      try workspace.expectEverywhere(
        "failed", because: "the cluster ended it: its time limit of 1 min 00 s was reached (TIMEOUT)")
    }
  }

  @Test func `a job whose task the cluster tells to end near its time limit is interrupted, says so, and goes on`()
    throws
  {
    try TestWorkspace.withCluster([.waiting, .last], films: 1) { workspace, cluster in
      let run = try cluster.startCPWX("run", environment: ["CPWX_SLURM_FLAGS": "--time=2"])
      #expect(eventually { workspace.count("begun.") == 1 })
      let task = try cluster.ask("squeue", "-h", "-r", "-o", "%i")
      // As the cluster does it a minute before the limit; told once more, it ends its stage too.
      #expect(
        try eventually {
          _ = try cluster.ask("scancel", "--signal=TERM", "--batch", task)
          usleep(500_000)
          return try cluster.ask("squeue", "-h") == ""
        })
      #expect(try run.wait().code == 1)
      try workspace.expectEverywhere(
        "interrupted", because: "its time limit of 2 min 00 s was near, and it stopped")
      try workspace.write("open", "")
      #expect(try cluster.cpwx("run").code == 0)
      #expect(try workspace.statuses() == ["completed": 1])
    }
  }

  @Test func `who attaches and tells it twice to end leaves nothing on the cluster`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 8) { workspace, cluster in
      #expect(try cluster.cpwx("run", "--detach").code == 0)
      #expect(eventually { workspace.count("begun.") == 6 })
      let run = try cluster.startCPWX("run", "--attach")
      #expect(eventually { run.errorsSoFar.components(separatedBy: "one started").count == 7 })
      try expectNothingLeft(of: run, toldTwiceIn: workspace, cluster)
    }
  }

  @Test func `the index has the jobs that the cluster is at work on as running`() throws {
    try TestWorkspace.withCluster([.waiting, .last], films: 8) { workspace, cluster in
      func rows() throws -> [String] {
        try workspace.start(["sqlite3", "-readonly", ".cpwx/index.sqlite", "SELECT status FROM jobs"]).wait().lines
      }
      let run = try cluster.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 6 })
      #expect(try eventually { try rows().count { $0 == "running" } == 6 })
      #expect(try rows().sorted() == Array(repeating: "pending", count: 2) + Array(repeating: "running", count: 6))
      try workspace.write("open", "")
      #expect(try run.wait().code == 0)
      #expect(try rows() == Array(repeating: "completed", count: 8))
    }
  }

  @Test
  func `what stands from an earlier run and what is tried again is told as on this machine, also to who attaches`()
    throws
  {
    let gate = Stage("gate", fields: ["retries: 1", "backoff: 1s"], script: "test -e open")
    let slow = Stage(
      "slow", inputs: ["two.out"], script: "touch begun.$CPWX_JOB_ID; until test -e on; do sleep 0.05; done")
    let stages = [Stage.making("one"), Stage.making("two"), gate, slow]
    // Of stages that take less than a second no manifest tells why they run again, their command, what they say, and how far
    // they are.
    let untold: Set = ["warning", "stage_command", "stage_progress", "stage_said"]
    func told(_ lines: [String]) throws -> [String] {
      let events = try lines.map { try JSON(parsing: Array($0.utf8)) }
      return events.filter { !untold.contains($0["event"]?.string ?? "") }.map { event in
        var words = ["event", "stage", "status"].compactMap { event[$0]?.string }
        if let attempt = event["attempt"]?.int { words.append("\(attempt)") }
        words += (event["completed"]?.array ?? []).compactMap(\.string)
        return words.joined(separator: " ")
      }
    }
    try TestWorkspace.withCluster(stages, films: 1) { workspace, cluster in
      let failed = try cluster.cpwx("run", "--format", "ndjson")
      #expect(failed.code == 1, "\(failed.errors)")
      try workspace.write("open", "")
      let left = try cluster.cpwx("run", "--detach")
      #expect(left.code == 0, "\(left.errors)")
      #expect(eventually { workspace.count("begun.") == 1 })
      let follower = try cluster.startCPWX("run", "--attach", "--format", "ndjson")
      #expect(eventually { follower.outputSoFar.contains("\"slow\"") })
      // What it counts as done it has from the manifest alone.
      #expect(try eventually { try workspace.json("status").array?.first?["fraction"]?.double == 0.75 })
      try workspace.write("on", "")
      let resumed = try follower.wait()
      #expect(resumed.code == 0, "\(resumed.errors)")
      #expect(try told(resumed.lines).contains("job_resuming one two"))
      #expect(try told(failed.lines).contains("stage_retrying gate"))

      try workspace.remove("open")
      try workspace.film("Film 2 (2001).mp4", holding: "film 2")
      let local = try workspace.cpwx("run", "--executor", "local", "--format", "ndjson")
      #expect(try told(failed.lines) == told(local.lines))
      try workspace.write("open", "")
      let again = try workspace.cpwx("run", "--executor", "local", "--format", "ndjson")
      #expect(try told(resumed.lines) == told(again.lines))
    }
  }
}
