import Foundation
import Jobs
import Testing

/// The record of every state change: who, when, what. It only ever grows.
struct EventTests {
  private func ask(_ workspace: TestWorkspace, _ question: String) throws -> [String] {
    let answer = try workspace.start(["sqlite3", "-readonly", ".cpwx/index.sqlite", question]).wait()
    #expect(answer.code == 0, "\(answer.errors)")
    return answer.lines
  }

  /// Of each job what is on record of it, in the order in which it happened.
  private func events(_ workspace: TestWorkspace) throws -> [String] {
    #expect(try workspace.cpwx("job", "list").code == 0)
    return try ask(
      workspace,
      """
      SELECT job, at, who, event, stage, attempt, reason FROM events
      ORDER BY job, at, event = 'created' DESC, event = 'started' DESC, event, stage, attempt
      """)
  }

  private func who(_ workspace: TestWorkspace) throws -> [String] {
    try ask(workspace, "SELECT count(*) FROM events WHERE who IS NULL AND event <> 'created'")
  }

  @Test func `no state change alters what was recorded before, whatever becomes of the job`() throws {
    try TestWorkspace.with([.making("one"), .gate(), .making("two")]) { workspace in
      try workspace.film()
      var before: [String] = []
      func expectGrowth(_ what: String, _ arguments: String..., code: Int32 = 0) throws {
        let outcome = try workspace.start([CPWX.path] + arguments).wait()
        #expect(outcome.code == code, "\(what): \(outcome.errors)")
        let now = try events(workspace)
        #expect(now.count > before.count, "\(what) is a state change")
        #expect(now.starts(with: before), "\(what): \(before.filter { !now.contains($0) })")
        before = now
      }
      try expectGrowth("a failure", "run", "-q", code: 1)
      try expectGrowth("a second failure", "run", "-q", code: 1)
      try expectGrowth("cancelling", "job", "cancel", "latest")
      try workspace.write("open", "")
      try expectGrowth("success", "run", "-q", "--resume", "latest")
      try expectGrowth("another run of stages", "run", "-q", "--resume", "latest", "--from-stage", "one")
      try expectGrowth("archiving", "archive", "latest")
      #expect(try who(workspace) == ["0"])
      // Made anew from the files, it says the same.
      try workspace.remove(".cpwx/index.sqlite")
      #expect(try events(workspace) == before)
    }
  }

  @Test func `a run that was killed stays on record as interrupted when the job is taken up again`() throws {
    let waiting = Stage("two", script: "touch begun; until test -e open; do sleep 0.02; done; echo done")
    try TestWorkspace.with([.making("one"), waiting]) { workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run", "-q")
      // The stage begins while its record is still on its way to the disk.
      #expect(
        eventually {
          let manifest = workspace.jobs.first.flatMap { try? workspace.read($0 + "/manifest.json") }
          return workspace.exists("begun") && manifest?.contains("\"two\"") == true
        })
      run.send(SIGKILL)
      try run.wait()
      let before = try events(workspace)
      let ends = "SELECT event, reason FROM events WHERE event IN ('interrupted', 'completed') ORDER BY at"
      #expect(try ask(workspace, ends) == ["interrupted|the run ended without a word"])
      try workspace.write("open", "")
      #expect(try workspace.cpwx("run", "-q").code == 0)
      let now = try events(workspace)
      #expect(now.starts(with: before), "\(before.filter { !now.contains($0) })")
      #expect(try ask(workspace, ends) == ["interrupted|the run ended without a word", "completed|"])
    }
  }

  @Test func `a stage that is switched off is a state change, and what it did before stays on record`() throws {
    let stages: [Stage] = [.making("one", fields: ["enabled: STEP_ONE"]), .gate()]
    try TestWorkspace.with(stages, config: ["STEP_ONE=true"]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run", "-q").code == 1)
      let before = try events(workspace)
      let env = try workspace.job() + "/job.env"
      try workspace.write(env, try workspace.read(env).replacing("STEP_ONE=true", with: "STEP_ONE=false"))
      for run in 1...2 {
        #expect(try workspace.cpwx("run", "-q").code == 1)
        let now = try events(workspace)
        #expect(now.starts(with: before), "run \(run): \(before.filter { !now.contains($0) })")
      }
      let told = "SELECT stage, reason, who IS NOT NULL FROM events WHERE event = 'stage_skipped'"
      #expect(try ask(workspace, told) == ["one|STEP_ONE=false|1"])
    }
  }

  @Test func `a job that another writer ran keeps its end on record when it is taken up again`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("Film.mkv")
      #expect(try workspace.cpwx("job", "create").code == 0)
      try workspace.write(
        try workspace.job() + "/manifest.json",
        """
        {"version": "1.0.0", "created_at": "2026-01-15T09:00:00.000000",
        "input": {"file": "in/Film.mkv", "title": "Film", "year": null},
        "stages": {"one": {"status": "failed", "error": "no memory", "started_at": "2026-01-15T09:00:01.000000",
        "completed_at": "2026-01-15T09:00:02.000000"}},
        "pipeline": {"status": "failed", "current_stage": null, "completed_stages": [], "failed_stages": ["one"]},
        "timing": {"started_at": "2026-01-15T09:00:00.000000", "completed_at": "2026-01-15T09:00:03.000000"}}
        """)
      let before = try events(workspace)
      #expect(before.count == 4)
      let run = try workspace.cpwx("run", "-q", "--resume", "latest")
      #expect(run.code == 0, "\(run)")
      let now = try events(workspace)
      #expect(now.starts(with: before) && now.count > before.count, "\(now)")
    }
  }

  @Test func `nobody changes or removes what is recorded`() throws {
    try TestWorkspace.withFinishedJob { workspace, _ in
      let before = try events(workspace)
      #expect(!before.isEmpty)
      for change in [
        "UPDATE events SET who = 'nobody'", "DELETE FROM events",
        "INSERT INTO events VALUES (1, '2026-01-01', 'nobody', 'completed', NULL, NULL, NULL)",
      ] {
        let refused = try workspace.start(["sqlite3", ".cpwx/index.sqlite", change]).wait()
        #expect(refused.code != 0 && refused.errors.contains("cannot modify events"), "\(refused)")
      }
      #expect(try events(workspace) == before)
    }
  }

  @Test func `who ran a stage stays on record when the clock is set back, as it is every autumn`() throws {
    try TestWorkspace.with([.making("one"), .gate(), .making("two")]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run", "-q", environment: ["USER": "asha"]).code == 1)
      try workspace.write("open", "")
      let clock = ["faketime", "-m", "--exclude-monotonic", "-f", "-1800", "env", "NO_FAKE_STAT=1"]
      let run = try workspace.start(clock + [CPWX.besideTests, "run", "-q"], environment: ["USER": "ravi"]).wait()
      #expect(run.code == 0, "\(run.errors)")
      let runs = "SELECT substr(who, 1, 4) FROM history WHERE event = 'started' ORDER BY at"
      #expect(try workspace.cpwx("job", "list").code == 0)
      #expect(try ask(workspace, runs) == ["ravi", "asha"], "its clock was not set back")
      let stages = "SELECT DISTINCT stage, attempt, substr(who, 1, 4) FROM events WHERE stage IS NOT NULL ORDER BY 1, 2"
      #expect(try ask(workspace, stages) == ["gate|1|asha", "gate|2|ravi", "one|1|asha", "two|1|ravi"])
    }
  }

  @Test func `what was changed in the tables behind is noticed, and told from the jobs' files again`() throws {
    try TestWorkspace.withFinishedJob { workspace, _ in
      let before = try events(workspace)
      #expect(!before.isEmpty)
      for change in [
        "UPDATE history SET who = 'nobody'", "DELETE FROM history", "DELETE FROM stages",
        "UPDATE stages SET started_at = '2026-01-01T00:00:00.000000', status = 'failed'",
        "INSERT INTO history SELECT job, position + 100, at, 'nobody', 'failed', NULL, NULL, NULL FROM history",
      ] {
        let changed = try workspace.start(["sqlite3", ".cpwx/index.sqlite", "\(change); SELECT changes() > 0"]).wait()
        #expect(changed.code == 0 && changed.output == "1\n", "\(changed)")
        let look = try workspace.cpwx("job", "list")
        #expect(look.code == 0 && look.errors.contains("was changed by other hands"), "\(change): \(look.errors)")
        #expect(try events(workspace) == before, "\(change)")
      }
    }
  }
}
