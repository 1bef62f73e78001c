import Jobs
import Testing

@testable import Index

@Suite struct `An index made anew` {
  @Test func `equals the one that was kept, row for row`() throws {
    let site = try IndexedWorkspace()
    try site.job("20260101-001", status: "running", stages: [("demux", "running")])
    _ = try site.rows()
    // The job moves on, another is made, a third is removed: all as a run's writes bring it into the index.
    try site.job("20260101-002", user: "2", title: "शोले")
    try site.job("20260102-001", status: "failed", stages: [("demux", "success"), ("asr", "failed")], error: "no GPU")
    _ = try site.rows()
    try site.job("20260101-001", status: "completed")
    try site.remove("out/2026/01/02")
    let kept = try site.rows()
    #expect(try Reindex(of: site.workspace).run(notice: site.notice) == 2)
    let anew = try site.rows()
    #expect(anew == kept, "\(anew.difference(from: kept).map { "\($0)" }.joined(separator: "\n"))")
    try site.remove(".cpwx/index.sqlite")
    #expect(try site.rows() == kept)
    #expect(kept.contains { $0.contains("शोले") })
  }

  @Test func `holds the jobs of every layout that bears ids`() throws {
    let site = try IndexedWorkspace()
    let manifest =
      #"{"input": {"file": "/m/Film.mkv", "title": "Film"}, "status": "completed", "stages": [{"name": "mux", "status": "completed"}]}"#
    try site.job("20251030-001")
    try site.job("20251030-1000")
    try site.file("out/2025/10/30/2/20251030-0001/manifest.json", manifest)
    try site.file("out/2025/10/30/2/20251030-0001/job.json", #"{"job_id": "20251030-0001"}"#)
    try site.file("out/2025/10/30/20251030-003/manifest.json", manifest)
    try site.file(
      "out/2025/10/30/asha/4/job.json", #"{"job_id": "job-20251030-asha-0004", "created_at": "2025-10-30T02:00:00"}"#)
    try site.file("out/2025/10/30/asha/4/manifest.json", manifest)
    try site.file("jobs/2025/10/30/20251030-003/film.env", "A=1")
    try site.file("jobs/2025/10/30/20251030-005/film.env", "A=1")
    try site.file("out/2025/10/30/1/notes/readme.txt", "no job")
    try site.file("out/Film_2023/manifest.json", manifest)
    let ids = try site.ids()
    #expect(
      ids == ["20251030-1000", "20251030-005", "job-20251030-asha-0004", "20251030-003"]
        + ids.suffix(2))
    #expect(Set(ids.suffix(2)) == ["20251030-001", "20251030-0001"])
    #expect(try site.ids("user=asha") == ["job-20251030-asha-0004"])
    #expect(try site.ids("status=pending") == ["20251030-005"])
  }

  @Test func `counts a job in jobs/ as long as out/ has none`() throws {
    let site = try IndexedWorkspace()
    try site.file("jobs/2025/10/30/20251030-003/film.env", "A=1")
    #expect(try site.ids("status=pending") == ["20251030-003"])
    try site.file("out/2025/10/30/20251030-003/manifest.json", #"{"status": "completed"}"#)
    try site.file("jobs/2025/10/30/20251030-004/film.env", "A=1")
    #expect(try site.ids() == ["20251030-004", "20251030-003"])
    #expect(try site.ids("status=pending") == ["20251030-004"])
    try site.remove("out/2025/10/30/20251030-003")
    #expect(try site.ids("status=pending") == ["20251030-004", "20251030-003"])
  }

  @Test func `takes a damaged manifest for what it is, and the jobs around it too`() throws {
    let site = try IndexedWorkspace()
    try site.job("20260101-001")
    try site.file("out/2026/01/01/1/20260101-002/manifest.json", #"{"version": "1.0"#)
    try site.file("out/2026/01/01/1/20260101-003/job_info.json", #"{"job_id": "20260101-003", "user_id": 1}"#)
    try site.file("out/2026/01/01/1/20260101-004/x", "")
    #expect(try site.ids("status=damaged") == ["20260101-002"])
    #expect(try site.ids("status=pending") == ["20260101-004", "20260101-003"])
    #expect(try site.ids() == ["20260101-004", "20260101-003", "20260101-002", "20260101-001"])
  }
}
