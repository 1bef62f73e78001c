import Jobs
import Testing

/// Failures: which are tried again, which end the job, which are passed over.
struct RetryTests {
  @Test func `a failure is tried again, after twice the time each time`() throws {
    let stage = Stage(
      "flaky", fields: ["retries: 2", "backoff: 0.3s"],
      script: "python3 -c 'import time; print(time.monotonic_ns())' >> times; test $(wc -l < times) -ge 3")
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 0, "\(run.errors)")
      let times = try workspace.read("times").split(separator: "\n").compactMap { Int($0) }
      try #require(times.count == 3)
      #expect(times[1] - times[0] >= 300_000_000)
      #expect(times[2] - times[1] >= 600_000_000)
      let record = try workspace.record("flaky")
      #expect(record["attempt"]?.int == 3)
      #expect(record["status"]?.string == "success")
      #expect(record["error"] == nil)
      #expect(try workspace.manifest()["pipeline"]?["failed_stages"]?.array == [])
    }
  }

  @Test func `retries and delay of the configuration count where the stage says nothing`() throws {
    let config = ["MAX_RETRIES=1", "RETRY_DELAY_SECONDS=0.1"]
    try TestWorkspace.with([Stage("bad", script: "exit 1")], config: config) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      #expect(workspace.runs == ["bad", "bad"])
    }
  }

  @Test(arguments: ["nan", "-1", "inf"])
  func `a delay that is none is refused before any job is made`(delay: String) throws {
    let config = ["MAX_RETRIES=1", "RETRY_DELAY_SECONDS=\(delay)"]
    try TestWorkspace.with([Stage("bad", script: "exit 1")], config: config) { workspace in
      try workspace.film()
      let outcome = try workspace.cpwx("run")
      #expect(outcome.code == 78 && outcome.errors.contains("RETRY_DELAY_SECONDS"), "\(outcome.errors)")
      #expect(workspace.jobs == [])
    }
  }

  @Test(arguments: [64, 65, 69, 78])
  func `an exit code that another attempt cannot change is not tried again`(code: Int) throws {
    let stage = Stage("bad", fields: ["retries: 3", "backoff: 0.1s"], script: "exit \(code)")
    try TestWorkspace.with([stage, .making("later")]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == (code == 69 ? 69 : 1))
      #expect(workspace.runs == ["bad"])
      #expect(try workspace.record("bad")["exit_code"]?.int == code)
    }
  }

  @Test func `an optional stage that fails is skipped with the reason, and the run goes on`() throws {
    let optional = Stage("names", fields: ["critical: false"], script: "echo no network; exit 3")
    try TestWorkspace.with([optional, .making("later")]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.runs == ["names", "later"])
      let record = try workspace.record("names")
      #expect(record["status"]?.string == "skipped")
      #expect(record["reason"]?.string?.contains("exit code 3") == true)
      #expect(record["error"]?.string == "no network")
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "completed")
    }
  }

  @Test func `an optional stage that failed runs again once it matters`() throws {
    let script = "test -e open"
    try TestWorkspace.with([Stage("names", fields: ["critical: false"], script: script), .gate()]) { workspace in
      let film = try workspace.film()
      #expect(try workspace.cpwx("run", film).code == 1)
      try workspace.write("open", "")
      try workspace.declare([Stage("names", script: script), .gate()])
      #expect(try workspace.cpwx("run", film).code == 0)
      #expect(try workspace.record("names")["status"]?.string == "success")
    }
  }

  @Test func `an optional stage is failed until its last attempt, and says once that it may fail`() throws {
    let optional = Stage(
      "names", fields: ["critical: false", "retries: 1", "backoff: 0.1s"],
      script: "exit 4")
    try TestWorkspace.with([optional, .making("later")]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 0)
      #expect(run.errors.split(separator: "\n").filter { $0.contains("names skipped") }.count == 1, "\(run.errors)")
      #expect(run.errors.split(separator: "\n").filter { $0.contains("names failed") }.count == 1, "\(run.errors)")
      let shown = try workspace.cpwx("job", "show", "latest").output
      #expect(shown.contains("optional, and failed: exit code 4"), "\(shown)")
      #expect(!shown.contains("failed: optional"), "\(shown)")
    }
  }

  @Test func `a critical stage that fails ends the job, and later stages do not run`() throws {
    try TestWorkspace.with([.making("one"), Stage("bad", script: "echo why >&2; exit 4"), .making("later")]) {
      workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 1)
      #expect(run.output.contains("failed"))
      #expect(run.errors.contains("why"))
      #expect(workspace.runs == ["one", "bad"])
      let pipeline = try #require(try workspace.manifest()["pipeline"])
      #expect(pipeline["status"]?.string == "failed")
      #expect(pipeline["failed_stages"]?.array == [.string("bad")])
      #expect(pipeline["completed_stages"]?.array == [.string("one")])
      #expect(try workspace.record("bad")["error"]?.string?.contains("why") == true)
    }
  }

  @Test func `a film that fails does not keep the others from running`() throws {
    let stage = Stage("one", script: "! grep -q bad \"$INPUT_FILE\" || exit 1")
    try TestWorkspace.with([stage]) { workspace in
      let yaml = try workspace.read("config/pipeline.yaml")
      try workspace.write(
        "config/pipeline.yaml",
        yaml.replacing("'{job_dir}'", with: "'{input}'").replacing("$INPUT_FILE", with: "$1"))
      try workspace.film("a.mp4", holding: "bad")
      try workspace.film("b.mp4", holding: "good")
      #expect(try workspace.cpwx("run").code == 1)
      let states = try workspace.jobs.map { try workspace.manifest(of: $0)["pipeline"]?["status"]?.string }
      #expect(states == ["failed", "completed"])
    }
  }

  @Test func `a program that is not there is not tried again and exits 69`() throws {
    try TestWorkspace.with { workspace in
      try workspace.film()
      try workspace.write(
        "config/pipeline.yaml",
        "stages:\n  - {name: one, number: 1, command: [no-such-program-here, x], retries: 3, backoff: 5s}\n")
      let run = try workspace.cpwx("run")
      #expect(run.code == 69)
      #expect(run.errors.contains("no-such-program-here"))
      #expect(try workspace.record("one")["status"]?.string == "failed")
      #expect(try workspace.record("one")["attempt"]?.int == 1)
    }
  }

  @Test func `a stage that ends well without its output has failed, and the output is named`() throws {
    let stage = Stage("liar", outputs: ["deep/result.json"], script: "exit 0")
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 1)
      #expect(run.errors.contains("deep/result.json"))
      let record = try workspace.record("liar")
      #expect(record["status"]?.string == "failed")
      #expect(record["exit_code"]?.int == 0)
      #expect(record["error"]?.string?.contains("deep/result.json") == true)
    }
  }
}
