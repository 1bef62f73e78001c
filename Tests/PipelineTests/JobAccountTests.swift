import Jobs
import Pipeline
import Testing

@Suite struct `The account of a job` {
  private static let made = JobEvent(at: "2024-03-05T10:00:00.000000", .created)

  @Test(arguments: [
    (PipelineStatus.completed, "completed"), (.failed, "failed"), (.interrupted, "was interrupted"),
    (.pending, "has not run"),
  ])
  func `says how it ended also where its records do not tell when`(status: PipelineStatus, told: String) {
    let account = JobAccount(of: "20240305-001", events: [Self.made], status: status, next: nil)
    #expect(account.sentence == "20240305-001 \(told).")
  }

  @Test func `calls a stage that was told to stop interrupted, and blames it for nothing`() {
    let events = [
      Self.made, JobEvent(at: "2024-03-05T10:00:01.000000", .started),
      JobEvent(at: "2024-03-05T10:00:02.000000", .stageFailed, stage: "demux", attempt: 1, reason: "no sound"),
      JobEvent(at: "2024-03-05T10:00:03.000000", .stageFailed, stage: "asr", attempt: 2, reason: "stopped on request"),
      JobEvent(at: "2024-03-05T10:00:04.000000", .failed),
    ]
    let account = JobAccount(of: "20240305-001", events: events, next: nil)
    #expect(account.sentence == "20240305-001 ran and failed in demux: no sound.")
    #expect(account.lines.contains("2024-03-05 10:00:02  demux failed: no sound"))
    #expect(account.lines.contains("2024-03-05 10:00:03  asr was interrupted (attempt 2): stopped on request"))
  }

  @Test func `goes by what happened where that is told`() {
    let events = [
      Self.made, JobEvent(at: "2024-03-05T10:00:01.000000", .started),
      JobEvent(at: "2024-03-05T10:00:02.000000", .failed),
    ]
    let account = JobAccount(of: "20240305-001", events: events, status: .completed, next: nil)
    #expect(account.sentence == "20240305-001 ran and failed.")
  }
}
