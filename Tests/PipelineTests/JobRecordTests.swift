import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import Pipeline

/// The end of a run that another process records.
struct JobRecordTests {
  private func closed(_ status: String) throws -> Manifest {
    try changed(status) { try $0.close(.failed, reason: "its time limit was reached", within: nil) }
  }

  /// - Parameter ending: why its last stage failed, as far as its worker knew.
  private func changed(
    _ status: String, ending: String = AttemptRun.killed, _ change: (inout JobRecord) throws -> Void
  ) throws -> Manifest {
    let folder = try TemporaryFolder()
    let workspace = try Workspace(at: folder.root, environment: [:])
    let job = JobPaths(id: try #require(JobID("20260101-001")), userID: 1, in: workspace)
    try makeFolder(job.output)
    let text = """
      {"stages": {
        "one": {"status": "failed", "reason": "stopped on request", "error": "stopped on request", "attempt": 1,
          "started_at": "2026-01-01T19:00:00.000000", "completed_at": "2026-01-01T19:00:09.000000"},
        "two": {"status": "failed", "reason": "exit status 1", "error": "no such file", "attempt": 1,
          "started_at": "2026-01-01T20:00:00.000000", "completed_at": "2026-01-01T20:00:05.000000"},
        "three": {"status": "failed", "reason": "stopped on request", "error": "stopped on request", "attempt": 1,
          "started_at": "2026-01-01T20:00:05.000000", "completed_at": "2026-01-01T20:00:09.000000"},
        "four": {"status": "failed", "reason": "\(ending)", "error": "loading the model", "attempt": 1,
          "started_at": "2026-01-01T20:00:09.000000", "completed_at": "2026-01-01T20:00:12.000000"}},
       "pipeline": {"status": "\(status)", "error": "four: \(ending)"},
       "history": [{"at": "2026-01-01T19:00:09.000000", "event": "failed", "reason": "another time"},
         {"at": "2026-01-01T20:00:12.000000", "event": "failed", "reason": "four: \(ending)"}],
       "timing": {"started_at": "2026-01-01T19:00:00.000000", "resumed_at": "2026-01-01T20:00:00.000000",
         "running_seconds": 18.5}}
      """
    try DurableFile.write(Array(text.utf8), to: job.manifest)
    var record = JobRecord(
      workspace: workspace, paths: job, input: "/in/a.mp4", title: "Sholay", year: 1975, identity: nil, playTime: nil,
      workflow: nil, reason: "", who: "me@here", changed: {}, warn: { _ in })
    try change(&record)
    return try Manifest(reading: job.manifest)
  }

  @Test func `says why a stage was stopped, of that run alone, and adds no time to what its worker has added`() throws {
    let manifest = try closed("interrupted")
    #expect(manifest.recordedStatus == .failed)
    #expect(manifest.stage("one")?.cause == "stopped on request")
    #expect(manifest.stage("two")?.cause == "exit status 1")
    #expect(manifest.stage("three")?.cause == "its time limit was reached")
    #expect(manifest.stage("four")?.cause == "its time limit was reached")
    #expect(manifest.stage("four")?.error == "loading the model")
    let seconds = try #require(manifest.document["timing"]?["running_seconds"]?.seconds)
    #expect(seconds < 86_400)
  }

  @Test(arguments: [AttemptRun.killed, "ended by signal 15", AttemptRun.ended(with: 137), "exit code 143"])
  func `says why a run failed that its worker has recorded, and counts it no second time`(ending: String) throws {
    let manifest = try changed("failed", ending: ending) { try $0.explain("it needed more memory") }
    #expect(manifest.recordedStatus == .failed)
    #expect(manifest.document["pipeline"]?["error"]?.string == "it needed more memory")
    #expect(manifest.history.filter { $0.what == .failed }.map(\.reason) == ["another time", "it needed more memory"])
    #expect(manifest.stage("four")?.cause == "it needed more memory")
    #expect(manifest.stage("four")?.error == "loading the model")
    #expect(manifest.stage("two")?.cause == "exit status 1")
    #expect(manifest.document["timing"]?["running_seconds"]?.seconds == 18.5)
  }

  @Test func `adds the time of a worker that could not`() throws {
    let seconds = try #require(try closed("running").document["timing"]?["running_seconds"]?.seconds)
    #expect(seconds > 86_400)
  }
}
