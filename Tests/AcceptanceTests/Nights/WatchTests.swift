import Foundation
import Jobs
import Testing

/// Batches as they are seen while they run.
struct WatchTests {
  @Test func `a watching run takes films up as they come, once they are still, and ends when told to`() throws {
    try TestWorkspace.with([.making("one")], inMemory: true) { workspace in
      try workspace.film("first.mp4", holding: "first")
      let run = try workspace.startCPWX("run", "--watch", "--settle", "2s")
      #expect(eventually { workspace.runs.count == 1 })
      // From the first moment on as new as it is.
      let growing = "in/below/late.mp4"
      try workspace.write(growing, "part")
      for _ in 1...25 {
        try workspace.append(growing, "more")
        usleep(100_000)
        #expect(workspace.runs.count == 1, "it is not begun while it grows")
      }
      #expect(eventually { workspace.runs.count == 2 })
      run.send(SIGTERM)
      #expect(try run.wait().code == 143)
      #expect(workspace.jobs.count == 2)
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.jobs.count == 2)
    }
  }

  @Test func `a film that was open when its turn came is taken up once it is closed, though nothing was written`()
    throws
  {
    try TestWorkspace.with([.making("one")], inMemory: true) { workspace in
      let run = try workspace.startCPWX("run", "--watch", "--settle", "3s")
      #expect(eventually { (try? workspace.filmsAtWork()) == 0 })
      try workspace.write("in/late.mp4", "late")
      #expect(eventually { (try? workspace.filmsAtWork()) == 1 })
      // As programs do that look whether there is something to mend in it.
      let opener = try workspace.start(
        ["sh", "-c", "exec 3<>in/late.mp4; touch opened; until test -e open; do sleep 0.05; done"])
      #expect(eventually { workspace.exists("opened") })
      usleep(5_000_000)
      try workspace.write("open", "")
      #expect(try opener.wait().code == 0)
      #expect(eventually { workspace.runs.count == 1 })
      #expect(try workspace.filmsAtWork() == 1)
      run.send(SIGTERM)
      #expect(try run.wait().code == 143)
      #expect(workspace.jobs.count == 1)
      // It is one film, however often its turn came.
      let report = try JSON(parsing: try workspace.cpwx("report", "--format", "json").output.utf8)
      #expect(report["totals"]?["films"]?.int == 1)
    }
  }

  /// A watching run that is at work on one film, while another has come and waits for its turn.
  private func withWaitingFilm(_ body: (TestWorkspace, Program) throws -> Void) throws {
    let slow = Stage("slow", script: "touch begun; until test -e open; do sleep 0.02; done")
    try TestWorkspace.with([slow], inMemory: true) { workspace in
      try workspace.film("first.mp4", holding: "first")
      let run = try workspace.startCPWX("run", "--watch", "--settle", "1s", "--jobs", "1", "--halt", "soon,fail=1")
      #expect(eventually { workspace.exists("begun") })
      try workspace.write("in/late.mp4", "late")
      #expect(eventually { (try? workspace.filmsAtWork()) == 2 })
      try body(workspace, run)
      run.send(SIGTERM)
      let ended = try run.wait()
      #expect(ended.code == 143)
      #expect(!ended.errors.contains("--halt"), "\(ended.errors)")
      #expect(workspace.jobs.count == 2)
    }
  }

  @Test func `a film that was away when its turn came is taken up once it is back`() throws {
    try withWaitingFilm { workspace, run in
      try workspace.move("in/late.mp4", to: "late.mp4")
      try workspace.write("open", "")
      #expect(eventually { run.errorsSoFar.contains("the film is gone") })
      #expect(workspace.jobs.count == 1)
      try workspace.move("late.mp4", to: "in/late.mp4")
      #expect(eventually { (try? workspace.json("job", "list", "status=completed").array?.count) == 2 })
      #expect(try workspace.filmsAtWork() == 2)
    }
  }

  @Test func `a film that is renamed before its turn comes runs under its new name, and none has failed`() throws {
    try withWaitingFilm { workspace, run in
      try workspace.move("in/late.mp4", to: "in/Late (2001).mp4")
      try workspace.write("open", "")
      #expect(eventually { (try? workspace.json("job", "list", "status=completed").array?.count) == 2 })
      let report = try JSON(parsing: try workspace.cpwx("report", "--format", "json").output.utf8)
      #expect(report["totals"]?["failed"]?.int == 0)
    }
  }

  @Test(arguments: [false, true])
  func `a film of a folder that is renamed while others run is left for the next run, and one that was named is missed`(
    isNamed: Bool
  ) throws {
    let slow = Stage("slow", script: "touch begun; until test -e open; do sleep 0.02; done")
    try TestWorkspace.with([slow]) { workspace in
      let first = try workspace.film("a.mp4", holding: "a")
      let second = try workspace.film("b.mp4", holding: "bb")
      let inputs = isNamed ? [first, second] : []
      let run = try workspace.start([CPWX.path, "run", "--jobs", "1"] + inputs)
      #expect(eventually { workspace.exists("begun") })
      try workspace.move("in/b.mp4", to: "in/c.mp4")
      try workspace.write("open", "")
      let ended = try run.wait()
      #expect(ended.code == (isNamed ? 74 : 0), "\(ended.errors)")
      #expect((ended.output + ended.errors).contains("the film is gone"))
      #expect(workspace.jobs.count == 1)
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.jobs.count == 2)
    }
  }

  @Test func `status shows the batch that runs, from elsewhere, and nothing after`() throws {
    let slow = Stage("slow", script: "touch begun; until test -e open; do sleep 0.02; done")
    try TestWorkspace.with([slow]) { workspace in
      #expect(try workspace.cpwx("status").output.contains("Nothing runs"))
      try workspace.film("शोले (1975).mp4", holding: "a")
      try workspace.film("ह.mp4", holding: "b")
      let run = try workspace.startCPWX("run", "--jobs", "1")
      #expect(eventually { workspace.exists("begun") })
      #expect(
        eventually { (try? workspace.cpwx("status").output.contains("slow")) == true })
      let batch = try #require(
        try JSON(parsing: try workspace.cpwx("status", "--format", "json").output.utf8).array?.first)
      #expect(batch["films"]?.int == 2)
      #expect(batch["running"]?.array?.first?["title"]?.string == "शोले (1975)")
      #expect(batch["lanes"]?.array?.first?["in_use"]?.int == 1)
      try workspace.write("open", "")
      #expect(try run.wait().code == 0)
      #expect(try workspace.cpwx("status").output.contains("Nothing runs"))
      #expect(try workspace.cpwx("report", "--format", "json").code == 0)
    }
  }

  @Test func `events come as JSON lines, from the batch's beginning to its end`() throws {
    try TestWorkspace.with([.making("one"), .gate()]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run", "--format", "ndjson")
      #expect(run.code == 1)
      let events = try run.lines.map { try JSON(parsing: $0.utf8) }
      let kinds = events.compactMap { $0["event"]?.string }
      #expect(kinds.first == "batch_started" && kinds.last == "batch_ended")
      #expect(kinds.filter { $0 == "stage_ended" }.count == 2)
      #expect(events.last?["status"]?.string == "failed")
      #expect(events.first { $0["event"]?.string == "job_ended" }?["reason"]?.string?.contains("gate") == true)
      #expect(events.allSatisfy { $0["at"]?.string != nil })
    }
  }

  @Test func `a failure is told of by the command, and metrics are written`() throws {
    try TestWorkspace.with([.gate()], config: ["NOTIFY_COMMAND=cat >> told; echo >> told"]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run", "--metrics", "cpwx.prom").code == 1)
      let told = try workspace.read("told").split(separator: "\n").map { try JSON(parsing: $0.utf8) }
      #expect(told.compactMap { $0["event"]?.string } == ["job.failed", "batch.completed"])
      #expect(told[0]["stage"]?.string == "gate")
      let metrics = try workspace.read("cpwx.prom")
      #expect(metrics.contains("cpwx_batch_jobs{status=\"failed\"} 1"))
      #expect(metrics.contains("cpwx_jobs{status=\"failed\"} 1"))
    }
  }

  @Test func `of a watching run to which no film came there is no record, and a report is of the last that had some`()
    throws
  {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("a.mp4", holding: "a")
      #expect(try workspace.cpwx("run").code == 0)
      let before = workspace.tree("logs")
      let run = try workspace.startCPWX("run", "--watch")
      #expect(eventually { (try? workspace.cpwx("status").output.contains("Nothing runs")) == false })
      run.send(SIGINT)
      #expect(try run.wait().code == 130)
      #expect(workspace.tree("logs") == before)
      #expect(try workspace.cpwx("report").lines.first == "The film is done")
    }
  }

  @Test func `a watching run ends by itself when it has started as many jobs as it may`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for name in ["a", "b"] { try workspace.film("\(name).mp4", holding: name) }
      #expect(try workspace.cpwx("run", "--watch", "--max-jobs", "1").code == 0)
      #expect(workspace.jobs.count == 1)
    }
  }
}

extension TestWorkspace {
  /// How many films the batch has that runs.
  fileprivate func filmsAtWork() throws -> Int? {
    try JSON(parsing: try cpwx("status", "--format", "json").output.utf8).array?.first?["films"]?.int
  }
}
