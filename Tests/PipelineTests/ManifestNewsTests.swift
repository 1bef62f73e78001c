import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Pipeline

/// What is told of a job that another process runs.
struct ManifestNewsTests {
  private let folder: TemporaryFolder
  private let job: JobPaths
  private let stages: [StageDefinition]
  private let film = InputDecision(input: "/in/a.mp4", title: "Sholay", year: 1975, kind: .resume, reason: "")

  init() throws {
    folder = try TemporaryFolder()
    let workspace = try Workspace(at: folder.root, environment: [:])
    job = JobPaths(id: try #require(JobID("20260101-001")), userID: 1, in: workspace)
    try makeFolder(job.output)
    let list = ["one", "off", "two", "three"].enumerated().map { "  - {name: \($1), number: \($0 + 1), command: [x]}" }
    stages = try PipelineDefinition(
      yaml: "name: p\nstages:\n" + list.joined(separator: "\n") + "\n", file: "p.yaml"
    ).stages
  }

  /// A moment of the job's day.
  private func at(_ minute: Int) -> String { "2026-01-01T20:\(minute < 10 ? "0" : "")\(minute):00.000000" }

  private func write(runs: [Int], status: String = "running", _ stages: String, history: String = "") throws {
    let started = runs.map { "{\"at\": \"\(at($0))\", \"event\": \"started\"}" }
    let events = (started + (history.isEmpty ? [] : [history])).joined(separator: ", ")
    let text = """
      {"stages": {\(stages)}, "pipeline": {"status": "\(status)"}, "history": [\(events)]}
      """
    try DurableFile.write(Array(text.utf8), to: job.manifest)
  }

  private func stage(_ name: String, _ status: String, attempt: Int = 1, began: Int, more: String = "") -> String {
    """
    "\(name)": {"status": "\(status)", "attempt": \(attempt), "started_at": "\(at(began))", "duration_seconds": 1\(more)}
    """
  }

  private let off = "\"off\": {\"status\": \"skipped\", \"switched_off\": true, \"reason\": \"OFF=0\"}"

  private func lines(_ events: [RunEvent]) -> [String] { events.flatMap(\.lines) }

  private let resumed = [
    "20260101-001: Sholay (1975) from /in/a.mp4", "📋 RESUMING FROM PREVIOUS RUN", "   Completed: one",
    "   Skipped: off", "20260101-001: one kept", "20260101-001: off skipped after 0.0 s: OFF=0",
    "20260101-001: two started (attempt 2)",
  ]

  @Test(arguments: [false, true])
  func `what stands from an earlier run counts as done, whenever it is looked at first`(isLate: Bool) throws {
    let earlier = [stage("one", "success", began: 1), off, stage("two", "failed", began: 2)].joined(separator: ", ")
    try write(runs: [0], status: "failed", earlier)
    var news = ManifestNews(of: job, film, stages, after: 1)
    #expect(lines(news.look()) == [])
    let replaced = """
      {"at": "\(at(2))", "event": "stage_started", "stage": "two", "attempt": 1}, \
      {"at": "\(at(3))", "event": "stage_failed", "stage": "two", "attempt": 1}
      """
    let now = [stage("one", "success", began: 1), off, stage("two", "running", attempt: 2, began: 11)]
    try write(runs: [0, 10], now.joined(separator: ", "), history: replaced)
    if isLate { news = ManifestNews(of: job, film, stages, after: 1) }
    let events = news.look()
    #expect(lines(events) == resumed)
    var progress = BatchProgress()
    progress.note(.batchStarted("b", films: 1, stages: 4, lanes: [:], expected: nil))
    for event in events { progress.note(event) }
    #expect(progress.fraction == 0.5)
  }

  @Test
  func `a run that finds all done tells so, and one of which stages are left tells of none that stands after them`()
    throws
  {
    let earlier = ["one", "two", "three"].map { stage($0, "success", began: 1) } + [off]
    try write(runs: [0], status: "interrupted", earlier.joined(separator: ", "))
    var news = ManifestNews(of: job, film, stages, after: 1)
    try write(runs: [0, 10], earlier.joined(separator: ", "))
    #expect(lines(news.look()).contains { $0.contains("kept") } == false)
    try write(runs: [0, 10], status: "completed", earlier.joined(separator: ", "))
    #expect(
      lines(news.look()) == [
        "20260101-001: one kept", "20260101-001: off skipped after 0.0 s: OFF=0", "20260101-001: two kept",
        "20260101-001: three kept",
      ])
  }

  @Test func `attempts that came and went between two looks are told all the same`() throws {
    try write(runs: [], status: "pending", "")
    var news = ManifestNews(of: job, film, stages, after: 0)
    try write(runs: [0], stage("one", "running", began: 1))
    _ = news.look()
    let attempts = """
      {"at": "\(at(1))", "event": "stage_started", "stage": "one", "attempt": 1}, \
      {"at": "\(at(2))", "event": "stage_failed", "stage": "one", "attempt": 1, "reason": "no memory"}, \
      {"at": "\(at(3))", "event": "stage_started", "stage": "one", "attempt": 2}, \
      {"at": "\(at(4))", "event": "stage_failed", "stage": "one", "attempt": 2, "reason": "no memory"}
      """
    let more = ", \"error\": \"no disk\", \"retried_after_seconds\": 240"
    try write(runs: [0], stage("one", "failed", attempt: 3, began: 6, more: more), history: attempts)
    #expect(
      lines(news.look()).filter { !$0.hasPrefix("    ") } == [
        "20260101-001: one failed after 1 min 00 s: no memory",
        "20260101-001: one is tried again in 1 min 00 s: no memory", "20260101-001: one started (attempt 2)",
        "20260101-001: one failed after 1 min 00 s: no memory",
        "20260101-001: one is tried again in 2 min 00 s: no memory", "20260101-001: one started (attempt 3)",
        "20260101-001: one failed after 1.0 s: no disk", "20260101-001: one is tried again in 4 min 00 s: no disk",
      ])
    #expect(lines(news.look()) == [])
  }
}
