import Foundation
import Jobs
import Testing

/// A job that is cancelled stops, whoever runs it, and stays so until it is asked for.
struct CancellingTests {
  /// A stage that is deaf to TERM, has let go of a process in a session of its own, and waits for the file `open`.
  private static let slow = Stage(
    "slow", outputs: ["slow.out"], fields: ["grace: 0.1s"],
    script: """
      trap '' TERM
      setsid sleep 777 &
      touch "begun.$CPWX_JOB_ID"
      i=0; until test -e open; do sleep 0.02; i=$((i + 1)); test $i -lt 30000 || exit 9; done
      kill $!
      echo done > "$1/slow.out"
      """)

  @Test func `a job that runs is stopped with all that it has started, and the batch goes on with the others`() throws {
    try TestWorkspace.with([.making("first"), Self.slow]) { workspace in
      try workspace.film("a.mp4", holding: "a")
      try workspace.film("b.mp4", holding: "b")
      let run = try workspace.startCPWX("run", "--lane", "cpu=2")
      #expect(eventually { workspace.count("begun.") == 2 })
      let (job, other) = (workspace.jobs[0], workspace.jobs[1])
      let id = (job as NSString).lastPathComponent
      let outcome = try workspace.cpwx("job", "cancel", id, environment: ["USER": "anna"])
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("process \(run.pid)"), "\(outcome.errors)")
      #expect(workspace.processes(of: job) == [])
      #expect(!workspace.processes(of: other).isEmpty)
      let manifest = try workspace.manifest(of: job)
      #expect(manifest["pipeline"]?["status"]?.string == "interrupted")
      #expect(manifest["pipeline"]?["error"]?.string?.hasPrefix("cancelled by anna@") == true)
      let events = manifest["history"]?.array ?? []
      #expect(events.map { $0["event"]?.string } == ["started", "cancelled", "interrupted"])
      #expect(events[1]["who"]?.string?.hasPrefix("anna@") == true)
      #expect(!workspace.tree("config").contains { $0.contains(id) })

      try workspace.write("open", "")
      let ended = try run.wait()
      #expect(ended.code == 1)
      let report = try workspace.cpwx("report").output
      #expect(report.contains("1 interrupted  cancelled by anna@") && report.contains("\n  \(id) "), "\(report)")
      #expect(try workspace.manifest(of: other)["pipeline"]?["status"]?.string == "completed")
      // The next run leaves it, and says why.
      try workspace.remove("runs")
      let next = try workspace.cpwx("run", "--format", "json")
      #expect(next.code == 0)
      #expect(next.output.contains("given_up") && next.output.contains("cancelled by anna@"), "\(next.output)")
      #expect(workspace.runs == [])
      let why = try workspace.cpwx("job", "why", id).output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(
        why.contains("was cancelled by anna@") && why.contains("cpwx run --resume \(id) goes on with it"), "\(why)")
      #expect(try workspace.json("job", "show", id)["cancelled_by"]?.string?.hasPrefix("anna@") == true)
      // One that is asked for it goes on from there.
      let resumed = try workspace.cpwx("run", "--resume", id)
      #expect(resumed.code == 0, "\(resumed.errors)")
      #expect(workspace.runs == ["slow"])
      #expect(try workspace.manifest(of: job)["pipeline"]?["status"]?.string == "completed")
      #expect(try workspace.json("job", "show", id)["cancelled_by"]?.isNull == true)
      #expect(!workspace.tree("out").contains { $0.hasSuffix(".cpwx.cancelled") })
    }
  }

  @Test func `a job that waits for its turn is not begun, and is taken up by who tries again what was given up`() throws
  {
    let gate = Stage.gate()
    let slow = Stage("slow", script: "touch begun; until test -e go; do sleep 0.02; done")
    try TestWorkspace.with([gate, slow]) { workspace in
      try workspace.film("a.mp4", holding: "a")
      try workspace.film("b.mp4", holding: "b")
      #expect(try workspace.cpwx("run", "--jobs", "1").code == 1)
      try workspace.write("open", "")
      let run = try workspace.startCPWX("run", "--jobs", "1")
      #expect(eventually { workspace.exists("begun") })
      // The one that runs is offered first, though it is not the newest, as soon as the index is told of it.
      let offer = ["latest"] + workspace.jobs.map { ($0 as NSString).lastPathComponent }
      #expect(
        try eventually { try workspace.cpwx("complete", "bash", "cpwx", "job", "cancel", "").lines == offer })
      let waiting = workspace.jobs[1]
      #expect(try workspace.cpwx("job", "cancel", "-n", waiting).output.contains("would not be begun"))
      #expect(try workspace.cpwx("job", "cancel", waiting).code == 0)
      try workspace.write("go", "")
      let outcome = try run.wait()
      #expect(outcome.code == 1)
      #expect(outcome.errors.contains("not begun: cancelled by"), "\(outcome.errors)")
      #expect(workspace.runs == ["gate", "gate", "gate", "slow"])
      // How it failed is what is known of it.
      #expect(try workspace.manifest(of: waiting)["pipeline"]?["status"]?.string == "failed")
      #expect(try workspace.cpwx("run").output.contains("given_up"))
      #expect(workspace.runs.count == 4)
      #expect(try workspace.cpwx("run", "--retry-failed").code == 0)
      #expect(workspace.runs.suffix(2) == ["gate", "slow"])
    }
  }

  @Test func `a job that waits for its lane, or for another attempt, is stopped at once`() throws {
    let stages = [
      Stage("slow", script: "touch begun; until test -e open; do sleep 0.02; done"),
      Stage("bad", fields: ["lane: other", "retries: 5", "backoff: 1h"], script: "exit 1"),
    ]
    try TestWorkspace.with(stages) { workspace in
      try workspace.film("a.mp4", holding: "a")
      try workspace.film("b.mp4", holding: "b")
      let run = try workspace.startCPWX("run", "--format", "ndjson", "--jobs", "2", "--lane", "cpu=1")
      #expect(eventually { run.outputSoFar.contains("stage_waiting") })
      // On a busy machine the second may be the quicker one.
      let waits = try #require(run.outputSoFar.split(separator: "\n").first { $0.contains("stage_waiting") })
      let waiting = try #require(workspace.jobs.firstIndex { waits.contains(($0 as NSString).lastPathComponent) })
      #expect(eventually { workspace.runs == ["slow"] })
      #expect(try workspace.cpwx("job", "cancel", workspace.jobs[waiting]).code == 0)
      #expect(workspace.runs == ["slow"])
      try workspace.write("open", "")
      #expect(eventually { run.outputSoFar.contains("stage_retrying") })
      #expect(try workspace.cpwx("job", "cancel", workspace.jobs[1 - waiting]).code == 0)
      #expect(try run.wait().code == 1)
      #expect(workspace.runs == ["slow", "bad"])
    }
  }

  @Test(arguments: [true, false])
  func `a cancel that is killed at any step leaves a job that goes on, or one that is cancelled`(isRunning: Bool) throws
  {
    try TestWorkspace.with([Self.slow]) { workspace in
      try workspace.film()
      var (kills, step) = (0, 0)
      var wasKilled = true
      while wasKilled {
        step += 1
        let run = try workspace.startCPWX("run", "-q", "in/Film (2001).mp4")
        #expect(eventually { workspace.count("begun.") == 1 })
        if !isRunning {
          run.send(SIGKILL)
          try run.wait()
        }
        let cut = try workspace.cpwx("job", "cancel", "latest", environment: ["CPWX_FAULT_STEP": "\(step)"])
        wasKilled = cut.signal == SIGKILL
        kills += wasKilled ? 1 : 0
        let isAsked = workspace.exists(try workspace.job() + "/.cpwx.cancelled")
        if isRunning, isAsked { #expect(try run.wait().code == 1) }
        #expect(try JSON(parsing: workspace.bytes(workspace.job() + "/manifest.json"))["stages"] != nil)
        #expect(try workspace.cpwx("job", "cancel", "latest").code == 0)
        if isRunning { #expect(try run.wait().code == 1) }
        #expect(workspace.stageProcesses() == [])
        #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "interrupted")
        let cancelled = try workspace.manifest()["history"]?.array?.filter { $0["event"]?.string == "cancelled" }
        #expect(cancelled?.count == step)
        #expect(try workspace.cpwx("run").output.contains("given_up"))
        try workspace.remove("begun." + (workspace.job() as NSString).lastPathComponent)
      }
      #expect(kills >= 4, "the kills came in time to hurt")
      try workspace.write("open", "")
      #expect(try workspace.cpwx("run", "in/Film (2001).mp4").code == 0)
      #expect(workspace.leftovers == [])
    }
  }

  @Test func `who asks at the same time as another, or again, changes nothing more`() throws {
    try TestWorkspace.with([Self.slow]) { workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 1 })
      let both = try (0..<2).map { _ in try workspace.startCPWX("job", "cancel", "latest") }
      for cancel in both { #expect(try cancel.wait().code == 0) }
      #expect(try run.wait().code == 1)
      let before = try workspace.manifest()
      let again = try workspace.cpwx("job", "cancel", "latest")
      #expect(again.code == 0)
      #expect(again.output.contains("cancelled before"))
      #expect(try workspace.manifest() == before)
      #expect(before["history"]?.array?.filter { $0["event"]?.string == "cancelled" }.count == 1)
    }
  }

  @Test func `a wish that a run cannot hear yet outlives who had it, and the run`() throws {
    try TestWorkspace.with([Self.slow]) { workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(eventually { workspace.count("begun.") == 1 })
      run.send(SIGSTOP)
      // By its path: the run may have been stopped while it has the index in hand.
      let job = try workspace.job()
      let asked = try workspace.cpwx("job", "cancel", "--no-wait", job)
      #expect(asked.code == 0)
      #expect(asked.output.contains("asked to stop"))
      let waiting = try workspace.startCPWX("job", "cancel", job)
      #expect(eventually { waiting.errorsSoFar.contains("is asked to stop") })
      waiting.send(SIGINT)
      #expect(try waiting.wait().code == 130)
      run.send(SIGKILL)
      try run.wait()
      let next = try workspace.cpwx("run")
      #expect(next.output.contains("given_up"))
      #expect(next.errors.contains("ended processes"), "\(next.errors)")
      #expect(workspace.runs == ["slow"])
      #expect(workspace.stageProcesses() == [])
      #expect(try workspace.cpwx("job", "cancel", job).code == 0)
    }
  }

  @Test func `a run on another machine that shares the workspace is named, and stops as one here does`() throws {
    try TestWorkspace.with([Self.slow]) { workspace in
      workspace.returnAtEnd()
      try workspace.film()
      let away = try workspace.startAsRoot([
        "unshare", "--uts", "sh", "-c", "hostname faraway; exec '\(CPWX.path)' run -C '\(workspace.root)'",
      ])
      #expect(eventually { workspace.count("begun.") == 1 })
      let outcome = try workspace.startAsRoot([CPWX.path, "job", "cancel", "latest", "-C", workspace.root]).wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("on faraway"), "\(outcome.errors)")
      #expect(try away.wait().code == 1)
      #expect(workspace.stageProcesses() == [])
    }
  }

  @Test func `how it ended that another writer ran stays told of a job that is cancelled`() throws {
    try TestWorkspace.with { workspace in
      let job = "out/2026/01/15/1/20260115-001"
      let ended = "2026-01-15T11:00:00.000000"
      try workspace.write(
        job + "/manifest.json",
        """
        {"stages": {"asr": {"status": "failed", "completed_at": "\(ended)"}},
         "pipeline": {"status": "failed", "failed_stages": ["asr"], "error": "no disk"},
         "timing": {"completed_at": "\(ended)"}}
        """)
      #expect(try workspace.cpwx("job", "cancel", "20260115-001").code == 0)
      let history = try workspace.manifest(of: job)["history"]?.array ?? []
      #expect(history.map { $0["event"]?.string } == ["failed", "cancelled"])
      #expect(history.first?["at"]?.string == ended && history.first?["reason"]?.string == "no disk")
    }
  }

  @Test func `what is completed, unknown or archived is left, and so is a job of another user with a name like it`()
    throws
  {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      #expect(try workspace.cpwx("run", "--user", "2").code == 0)
      let jobs = workspace.jobs
      let before = try jobs.map { try workspace.manifest(of: $0) }
      let done = try workspace.cpwx("job", "cancel", "latest")
      #expect(done.code == 0)
      #expect(done.errors.contains("nothing to cancel"), "\(done.errors)")
      #expect(try workspace.cpwx("job", "cancel", jobs[0], "20010101-001").code == 64)
      // Of another user, and not begun.
      let created = try workspace.cpwx("job", "create", "--user", "2").lines[0]
      #expect(try workspace.cpwx("job", "cancel", created).code == 0)
      #expect(try workspace.json("job", "show", created)["status"]?.string == "interrupted")
      #expect(try jobs.map { try workspace.manifest(of: $0) } == before)
      #expect(workspace.tree("out").filter { $0.hasSuffix(".cpwx.cancelled") }.count == 1)
      let id = (jobs[0] as NSString).lastPathComponent
      #expect(try workspace.cpwx("archive", id).code == 0)
      let archived = try workspace.cpwx("job", "cancel", id)
      #expect(archived.code == 64)
      #expect(archived.errors.contains("is archived"), "\(archived.errors)")
    }
  }
}

extension TestWorkspace {
  /// The living processes of one job's stages.
  fileprivate func processes(of job: String) -> [pid_t] {
    let marker = Data("CPWX_JOB_DIR=\(job)\0".utf8)
    return stageProcesses().filter { pid in
      FileManager.default.contents(atPath: "/proc/\(pid)/environ")?.range(of: marker) != nil
    }
  }
}
