import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Pipeline

/// What of an event nobody is to see.
struct MaskedEventTests {
  @Test func `a secret in the path of a stage's log is masked`() throws {
    let folder = try TemporaryFolder()
    let workspace = try Workspace(at: folder.root, environment: [:])
    let job = JobPaths(id: try #require(JobID("20260101-001")), userID: 1, in: workspace)
    let event = RunEvent.stageSaid(
      job, stage: "asr", lines: ["no model"], log: "/srv/kestrel-9341/logs/2026/01/01/1/20260101-001/asr.log")
    #expect(
      event.masked(["kestrel-9341"]).lines
        == ["    | no model", "    log: /srv/********/logs/2026/01/01/1/20260101-001/asr.log"])
    #expect(event.masked(["goshawk"]).lines == event.lines)
  }
}
