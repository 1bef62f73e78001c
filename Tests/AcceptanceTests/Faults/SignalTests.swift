import Foundation
import Jobs
import Testing

/// The first signal lets the running stage finish, the second stops it; both leave the job to be resumed.
struct SignalTests {
  enum Ending: String, CaseIterable {
    case terminate, interrupt, hangUp

    var signal: Int32 {
      switch self {
      case .terminate: SIGTERM
      case .interrupt: SIGINT
      case .hangUp: SIGHUP
      }
    }

    var code: Int32 { self == .interrupt ? 130 : 143 }
  }

  private static let stages: [Stage] = [
    Stage(
      "slow", outputs: ["slow.out"], fields: ["grace: 0.3s"],
      script: """
        touch begun
        i=0; until test -e open; do sleep 0.02; i=$((i + 1)); test $i -lt 30000 || exit 9; done
        echo done > "$1/slow.out"
        """),
    .making("later"),
  ]

  @Test(arguments: Ending.allCases)
  func `the first signal lets the running stage finish and starts no other`(ending: Ending) throws {
    try TestWorkspace.with(Self.stages) { workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      run.send(ending.signal)
      #expect(eventually { run.errorsSoFar.contains("Stopping") })
      try workspace.write("open", "")
      let outcome = try run.wait()
      #expect(outcome.code == ending.code, "signal \(outcome.signal ?? 0)")
      #expect(workspace.runs == ["slow"])
      #expect(try workspace.record("slow")["status"]?.string == "success")
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "interrupted")

      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.runs == ["slow", "later"])
    }
  }

  @Test(arguments: Ending.allCases)
  func `the second signal stops the running stage now`(ending: Ending) throws {
    try TestWorkspace.with(Self.stages) { workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      run.send(ending.signal)
      #expect(eventually { run.errorsSoFar.contains("Stopping") })
      run.send(ending.signal)
      let outcome = try run.wait()
      #expect(outcome.code == ending.code, "signal \(outcome.signal ?? 0)")
      #expect(workspace.stageProcesses().isEmpty)
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "interrupted")
      #expect(!workspace.tree("config").contains { $0.hasPrefix(".env.job") })
      let shown = try workspace.cpwx("job", "show", "latest")
      #expect(shown.output.contains("interrupted") && !shown.output.contains("failed"), "\(shown.output)")
      #expect(shown.lines.contains { $0.hasPrefix("Ended ") } && !shown.output.contains("Completed"), "\(shown.output)")
      let why = try workspace.cpwx("job", "why", "latest").lines
      #expect(why.contains { $0.hasSuffix("slow was interrupted: stopped on request") }, "\(why)")
      #expect(try workspace.json("report")["stages"]?.array?.map { $0["failed"]?.int } == [0])
      #expect(try workspace.json("job", "stats")["stages"]?.array?.map { $0["failed"]?.int } == [0])

      try workspace.write("open", "")
      let next = try workspace.cpwx("run")
      #expect(next.code == 0)
      #expect(next.errors.contains("slow runs again: it was interrupted"), "\(next.errors)")
      let done = try workspace.cpwx("job", "show", "latest")
      #expect(done.lines.contains { $0.hasPrefix("Completed ") } && !done.output.contains("Ended"), "\(done.output)")
      #expect(workspace.runs == ["slow", "slow", "later"])
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test func `films after the one that was stopped are not begun`() throws {
    try TestWorkspace.with(Self.stages) { workspace in
      try workspace.film("a.mp4", holding: "a")
      try workspace.film("b.mp4", holding: "b")
      let run = try workspace.startCPWX("run", "--jobs", "1", "--format", "json")
      #expect(eventually { workspace.exists("begun") })
      run.send(SIGTERM)
      #expect(eventually { run.errorsSoFar.contains("Stopping") })
      try workspace.write("open", "")
      #expect(try run.wait().code == 143)
      #expect(workspace.jobs.count == 1)
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.jobs.count == 2)
    }
  }

  @Test func `a signal while a failed stage waits for its next attempt ends the waiting`() throws {
    let stage = Stage("bad", fields: ["retries: 5", "backoff: 1m"], script: "exit 1")
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(eventually { run.errorsSoFar.contains("tried again") })
      run.send(SIGTERM)
      #expect(try run.wait().code == 143)
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "interrupted")
    }
  }
}
