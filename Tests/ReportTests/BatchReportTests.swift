import Jobs
import Report
import SystemPackage
import TestSupport
import Testing

@Suite struct `The report of a batch` {
  @Test func `every film is counted once, by what became of it`() async throws {
    let site = try ReportedWorkspace()
    try site.job(1, title: "Done", [.init(name: "demux", start: 0, end: 10)])
    try site.job(2, title: "Again", decision: "resume", [.init(name: "demux", start: 10, end: 20)])
    try site.job(
      3, title: "Broken", status: "failed", reason: "demux: exit code 1",
      [.init(name: "demux", start: 20, end: 30, status: "failed", reason: "exit code 1", error: "no video")])
    site.entry("20251231-001", input: "in/old.mkv", decision: "skip", reason: "done already")
    site.entry(nil, input: "in/big.mkv", decision: "held", reason: "needs 5 GB")
    site.entry(nil, input: "in/copy.mkv", decision: "pending", reason: "is being written")
    site.entry("20260101-009", input: "in/bad.mkv", decision: "given_up", reason: "failed 3 times")
    site.entry(nil, input: "in/late.mkv", decision: "new", reason: "not begun: stopped")
    site.entry(nil, input: "in/next.mkv", decision: "pending", reason: "not begun: stopped")
    site.entry(nil, input: "in/night.mkv", decision: "pending", reason: "left for the next run: it is past 06:00")
    var report = try await site.report()
    #expect(
      report.jobs.map(\.outcome) == [
        .done, .done, .failed, .skipped, .held, .pending, .givenUp, .notBegun, .notBegun, .notBegun,
      ])
    #expect(report.totals.reduce(0) { $0 + $1.films } == 10)
    #expect(report.resumed == 1)
    #expect(report.wanted == 8)
    #expect(report.wallSeconds == 1000)
    #expect(report.headline == "1 of 8 films failed, 1 given up")
    report.doneBefore = 4
    #expect(report.besides.map { "\($0.films) \($0.what)" } == ["5 done before", "1 resumed", "1 removed since"])
  }

  @Test func `what was given up before has not failed in this batch`() async throws {
    let site = try ReportedWorkspace()
    try site.job(1, title: "Done", [.init(name: "demux", start: 0, end: 10)])
    site.entry(
      "20260101-009", input: "in/left.mkv", decision: "given_up",
      reason: "20260101-009 was cancelled by anna@film at 2026-01-01 20:00")
    let report = try await site.report()
    #expect(report.headline == "1 of 2 films done, 1 given up")
    let page = String(decoding: try report.html(), as: UTF8.self)
    #expect(page.contains(#"<span class="where">given up:</span>"#) && !page.contains("failed:</span>"))
  }

  @Test func `what another run did meanwhile with a film that was given up is none of this batch's`() async throws {
    let site = try ReportedWorkspace()
    try site.job(1, title: "Done", [.init(name: "demux", start: 0, end: 10)])
    try site.job(
      2, title: "Left", decision: "given_up", status: nil, recorded: "failed", reason: "20260101-002 failed 3 times",
      [.init(name: "demux", start: 20, end: 30, status: "failed", reason: "exit code 1", error: "no video")])
    let report = try await site.report()
    #expect(report.headline == "1 of 2 films done, 1 given up")
    #expect(report.stages.map(\.failed) == [0])
    #expect(report.slowest().map(\.title) == ["Done"])
    #expect(report.jobs[1].cause?.hasPrefix("20260101-002 failed") == true)
  }

  @Test func `stages stand on the batch's clock, with their waits, lanes and bytes`() async throws {
    let site = try ReportedWorkspace()
    try site.job(
      1, title: "Long",
      [
        .init(name: "demux", start: 5, end: 15, bytes: 700),
        .init(name: "asr", start: 115, end: 415, waited: 100, bytes: 300),
      ])
    try site.job(2, title: "Short", [.init(name: "asr", start: 0, end: 100, bytes: 5)])
    let report = try await site.report(took: 800)
    let job = report.jobs[0]
    #expect(job.stages.map(\.startSeconds) == [5, 115])
    #expect(job.durationSeconds == 410)
    #expect(job.waitedSeconds == 100)
    #expect(report.outputBytes == 1005)
    #expect(report.slowest().map(\.title) == ["Long", "Short"])
    let asr = try #require(report.stages.first { $0.name == "asr" })
    #expect((asr.totalSeconds, asr.medianSeconds, asr.p95Seconds) == (400, 200, 300))
    #expect((asr.waitedSeconds, asr.outputBytes, asr.longestJob) == (100, 305, "20260101-001"))
    let gpu = try #require(report.lanes.first)
    #expect((gpu.name, gpu.slots, gpu.busySeconds, gpu.share) == ("gpu", 1, 410, 410.0 / 800))
    let waiting = gpu.waiting.reduce(0, +) / Double(gpu.waiting.count) * 800
    #expect(abs(waiting - 100) < 0.001)
  }

  @Test func `an earlier run that began within a second of the batch is not this batch's`() async throws {
    let site = try ReportedWorkspace()
    try site.job(
      1, title: "Film", decision: "retry", begun: [-0.6, 0.3],
      [
        .init(name: "demux", start: -0.5, end: -0.3), .init(name: "asr", start: 0.4, end: 20),
      ])
    let report = try await site.report()
    #expect(report.jobs[0].stages.map(\.name) == ["asr"])
    #expect(report.jobs[0].keptStages == 1)
  }

  @Test func `a run whose clock is a moment behind the batch's is this batch's`() async throws {
    let site = try ReportedWorkspace()
    try site.job(1, title: "Film", begun: [-0.6], [.init(name: "demux", start: -0.5, end: 10)])
    #expect(try await site.report().jobs[0].stages.map(\.name) == ["demux"])
  }

  @Test func `stages of earlier and later runs are not this batch's`() async throws {
    let site = try ReportedWorkspace()
    try site.job(
      1, title: "Film", decision: "resume",
      [
        .init(name: "demux", start: -5000, end: -4990), .init(name: "asr", start: 10, end: 20),
        .init(name: "mux", start: 5000, end: 5010),
      ])
    let job = try await site.report(took: 100).jobs[0]
    #expect(job.stages.map(\.name) == ["asr"])
    #expect(job.keptStages == 1)
  }

  @Test func `missing and damaged jobs are told of, and the others reported`() async throws {
    let site = try ReportedWorkspace()
    try site.job(1, title: "Whole", [.init(name: "demux", start: 0, end: 10)])
    site.entry("20260101-002", input: "in/gone.mkv", decision: "new", status: "completed")
    site.entry("20260101-003", input: "in/cut.mkv", decision: "new", status: "failed", reason: "demux: exit code 1")
    try site.place.file("out/2026/01/01/1/20260101-003/manifest.json", #"{"stages": {"demux""#)
    let report = try await site.report()
    #expect(report.jobs.map(\.outcome) == [.done, .done, .failed])
    #expect(report.jobs.map { $0.problem != nil } == [false, true, true])
    #expect(report.jobs[1].problem == "20260101-002 was removed since")
    #expect(report.jobs[2].problem?.contains("cut short") == true)
    #expect((report.gone, report.unreadable) == (1, 1))
  }

  @Test func `what failed and was removed since is listed as the batch's record has it`() async throws {
    let site = try ReportedWorkspace()
    for number in 1...2 {
      site.entry(
        "20260101-00\(number)", input: "in/\(number).mkv", decision: "new", status: "failed", reason: "demux: no video")
    }
    let report = try await site.report()
    #expect(report.jobs.map(\.outcome) == [.failed, .failed])
    #expect(
      report.jobs.map(\.problem) == ["20260101-001 was removed since", "20260101-002 was removed since"])
    #expect(report.causes.map(\.text) == ["demux: no video"])
    #expect(report.causes.first?.jobs == [0, 1])
    #expect(String(decoding: try report.html(), as: UTF8.self).contains("demux: no video; 20260101-001 was removed"))
    #expect((report.gone, report.unreadable) == (2, 0))
  }

  @Test func `what was archived since is not called removed`() async throws {
    let site = try ReportedWorkspace()
    for number in 1...2 {
      site.entry("20260101-00\(number)", user: 1, input: "in/\(number).mkv", decision: "new", status: "completed")
    }
    try site.place.file("archive/2026/01/01/1/20260101-001.tar.zst", "")
    let report = try await site.report()
    #expect(report.besides.map { "\($0.films) \($0.what)" } == ["1 archived since", "1 removed since"])
    #expect(
      report.jobs.map(\.problem) == ["20260101-001 was archived since", "20260101-002 was removed since"])
    #expect(report.gone == 2)
  }

  @Test func `an attempt that was tried again had its stage's lane, too`() async throws {
    let site = try ReportedWorkspace()
    try site.job(
      1, title: "Again", failures: [.init(name: "asr", start: 0, end: 300, reason: "exit code 1")],
      [.init(name: "asr", start: 310, end: 410)])
    let report = try await site.report(took: 500)
    #expect(report.jobs[0].stages.map(\.attempt) == [1, 2])
    #expect(report.jobs[0].stages.map(\.lane) == ["gpu", "gpu"])
    #expect(report.jobs[0].stages.map(\.number) == [1, 1])
    #expect(report.lanes.map(\.busySeconds) == [400])
  }

  @Test func `why an attempt failed is told alike, whether another one followed or not`() async throws {
    let site = try ReportedWorkspace()
    let said = "Traceback:\n  line 3\nRuntimeError: no memory"
    try site.job(
      1, title: "Twice", status: "failed",
      failures: [.init(name: "asr", start: 0, end: 300, reason: "RuntimeError: no memory")],
      [.init(name: "asr", start: 310, end: 410, status: "failed", reason: "exit code 1", error: said)])
    let stages = try await site.report().jobs[0].stages
    #expect(stages.map(\.attempt) == [1, 2])
    #expect(stages.map(\.reason) == ["RuntimeError: no memory", "RuntimeError: no memory"])
    #expect(stages.map(\.error) == ["RuntimeError: no memory", said])
  }

  @Test func `a stage that was told to stop, or whose run died, has not failed`() async throws {
    let site = try ReportedWorkspace()
    try site.job(
      1, title: "Stopped", status: "interrupted",
      failures: [.init(name: "asr", start: 0, end: 300, reason: "stopped on request")],
      [
        .init(name: "asr", start: 310, end: 410, status: "failed", reason: "stopped on request"),
        .init(
          name: "mux", start: 500, status: "failed", error: "the run was interrupted while the stage was at work"),
      ])
    let report = try await site.report()
    #expect(report.jobs[0].stages.map(\.status) == [.interrupted, .interrupted, .interrupted])
    #expect(report.stages.map(\.failed) == [0, 0])
    #expect(report.causes.isEmpty)
  }

  @Test func `fields of the wrong kind and times that are none do no harm`() async throws {
    let site = try ReportedWorkspace()
    site.entry("20260101-001", input: "in/odd\0.mkv", decision: "new", status: "completed")
    try site.place.file(
      "out/2026/01/01/1/20260101-001/manifest.json",
      """
      {"stages": {"a": 7, "b": {"status": "success", "started_at": "yesterday"}, "c": {"status": "success",
      "started_at": "\(ReportedWorkspace.clock(1))", "completed_at": "\(ReportedWorkspace.clock(-9))",
      "waited_seconds": NaN, "duration_seconds": Infinity, "outputs": {"x": {"size_bytes": -4}}}}}
      """)
    let job = try await site.report().jobs[0]
    #expect(job.stages.map(\.name) == ["c"])
    #expect((job.durationSeconds, job.waitedSeconds, job.outputBytes) == (0, 0, 0))
  }

  @Test func `an interrupted batch is told of by the jobs it ran`() async throws {
    let site = try ReportedWorkspace()
    try site.job(1, title: "Done", [.init(name: "demux", start: 1, end: 10)])
    try site.job(
      2, title: "Cut", status: nil,
      [.init(name: "demux", start: 10, end: 20), .init(name: "asr", start: 20, status: "running")])
    try site.job(3, title: "Other", who: "else@where", [.init(name: "demux", start: 5, end: 6)])
    let report = try await site.report(took: nil)
    #expect(report.status == .interrupted)
    #expect(report.jobs.map(\.title) == ["Done", "Cut"])
    #expect(report.jobs.map(\.outcome) == [.done, .interrupted])
    #expect(report.jobs[1].stages.last?.status == .interrupted)
    #expect(report.wallSeconds == 20)
    #expect(report.completed == nil)
  }

  @Test func `a running batch is told of up to now`() async throws {
    let site = try ReportedWorkspace()
    try site.job(
      1, title: "Now", status: nil,
      [.init(name: "demux", start: 0, end: 10), .init(name: "asr", start: 10, status: "running")])
    let batch = try FileLock.take(
      site.place.file("logs/batches/.\(ReportedWorkspace.id).json.lock"), subject: "the batch")
    let job = try FileLock.take(site.place.file("out/2026/01/01/1/20260101-001/.cpwx.lock"), subject: "the job")
    let report = try await site.report(took: nil)
    #expect(report.status == .running)
    #expect(report.jobs.map(\.outcome) == [.running])
    #expect(report.jobs[0].stages.map(\.status) == [.success, .running])
    #expect(report.headline == "1 film begun so far, 0 done")
    _ = consume batch
    _ = consume job
  }

  @Test func `a batch is found by its id, a beginning of it, or as the latest`() async throws {
    let site = try ReportedWorkspace()
    for id in ["20260101-220000-77", "20260102-220000-5", "20260103-220000-5"] {
      try site.place.file("logs/batches/\(id).json", "{}")
    }
    func stem(_ name: String) throws -> String? { try site.workspace.batchRecord(named: name).stem }
    #expect(try stem("latest") == "20260103-220000-5")
    #expect(try stem("latest~2") == "20260101-220000-77")
    #expect(try stem("20260102") == "20260102-220000-5")
    let several = try await expectError(.usage) { _ = try stem("202601") }
    #expect(several.message.contains("20260103-220000-5"))
    try await expectError(.usage) { _ = try stem("2025") }
    try await expectError(.usage) { _ = try stem("latest~3") }
  }

  @Test func `the JSON has its keys always`() async throws {
    let site = try ReportedWorkspace()
    try site.job(
      1, title: "Broken", status: "failed",
      [.init(name: "asr", start: 0, end: 3, status: "failed", reason: "exit code 1", error: "boom")])
    let document = try await site.report().document
    let names = document.object?.names ?? []
    #expect(
      names == [
        "batch_id", "status", "who", "inputs", "started_at", "completed_at", "timezone", "wall_seconds",
        "waited_seconds",
        "output_bytes", "totals", "causes", "lanes", "stages", "slowest", "jobs",
      ])
    #expect(document["totals"]?["failed"]?.int == 1)
    #expect(document["totals"]?["given_up"]?.int == 0)
    #expect(document["causes"]?.array?.first?["job_ids"] == .strings(["20260101-001"]))
    #expect(document["jobs"]?.array?.first?["stages"]?.array?.first?["lane"]?.string == "gpu")
  }
}
