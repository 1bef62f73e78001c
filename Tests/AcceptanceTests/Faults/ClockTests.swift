import Foundation
import Jobs
import Testing

/// Somebody sets the machine's clock while stages run: their time limits do not care.
struct ClockTests {
  private static let hour = 3600.0

  /// Gives `body` a workspace, and its `cpwx run` with a clock of its own.
  private func withClock(_ stages: [Stage], _ body: (TestWorkspace, _ run: Program) throws -> Void) throws {
    try TestWorkspace.with(stages, inMemory: true) { workspace in
      try workspace.film()
      try body(workspace, workspace.startWithClock("run"))
    }
  }

  /// By how much cpwx saw its clock change while the stage ran.
  private func change(in record: JSON) throws -> Double {
    let began = try #require(record["started_at"]?.string.flatMap { Timestamp($0) })
    let ended = try #require(record["completed_at"]?.string.flatMap { Timestamp($0) })
    return ended.seconds(since: began)
  }

  @Test func `a clock that is set ahead cuts no stage short`() throws {
    let stage = Stage(
      "slow", outputs: ["slow.out"], fields: ["timeout: 5m"],
      script: """
        mv ahead clock
        echo an hour later
        sleep 0.5
        echo done > "$1/slow.out"
        """)
    try withClock([stage]) { workspace, run in
      let outcome = try run.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      let record = try workspace.record("slow")
      #expect(record["status"]?.string == "success")
      #expect(try change(in: record) >= Self.hour, "its clock did not change")
    }
  }

  @Test func `a clock that is set back gives a stage no more time`() throws {
    let stage = Stage("slow", fields: ["timeout: 5s"], script: "mv back clock; sleep 60; touch outlived")
    try withClock([stage]) { workspace, run in
      let outcome = try run.wait()
      #expect(outcome.code == 1, "\(outcome.errors)")
      #expect(!workspace.exists("outlived"))
      let record = try workspace.record("slow")
      #expect(record["reason"]?.string?.contains("longer than 5.0 s") == true, "\(record["reason"] ?? .null)")
      #expect(try change(in: record) < 0, "its clock did not change")
    }
  }

  @Test func `a clock that is set back lengthens no grace`() throws {
    let stage = Stage(
      "stubborn", fields: ["timeout: 3s", "grace: 3s"],
      script: """
        trap 'mv back clock' TERM
        for i in $(seq 600); do sleep 0.1; done
        touch outlived
        """)
    try withClock([stage]) { workspace, run in
      let outcome = try run.wait()
      #expect(outcome.code == 1, "\(outcome.errors)")
      #expect(!workspace.exists("outlived"))
      #expect(workspace.stageProcesses().isEmpty)
      #expect(try change(in: workspace.record("stubborn")) < 0, "its clock did not change")
    }
  }

  @Test func `a clock that is set back puts no further attempt off`() throws {
    let stage = Stage("once", fields: ["retries: 1", "backoff: 2s"], script: "test $(wc -l < runs) -ge 2")
    try withClock([stage]) { workspace, run in
      #expect(eventually { run.errorsSoFar.contains("tried again") })
      // It says so a moment before it begins to wait.
      usleep(500_000)
      workspace.setClock("back")
      let outcome = try run.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(workspace.runs == ["once", "once"])
    }
  }
}
