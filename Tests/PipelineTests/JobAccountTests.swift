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

  @Test func `goes by what happened where that is told`() {
    let events = [
      Self.made, JobEvent(at: "2024-03-05T10:00:01.000000", .started),
      JobEvent(at: "2024-03-05T10:00:02.000000", .failed),
    ]
    let account = JobAccount(of: "20240305-001", events: events, status: .completed, next: nil)
    #expect(account.sentence == "20240305-001 ran and failed.")
  }
}
