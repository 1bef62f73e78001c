import GRDB
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

  @Test func `has the jobs of one number in the order that they had, whoever came first`() throws {
    for users in [["1", "2", "asha"], ["asha", "2", "1"]] {
      let site = try IndexedWorkspace()
      for user in users {
        try site.file("out/2026/01/01/\(user)/20260101-0001/manifest.json", #"{"status": "completed"}"#)
        _ = try site.rows()
      }
      let kept = try site.rows()
      try Reindex(of: site.workspace).run(notice: site.notice)
      #expect(try site.rows() == kept)
    }
  }

  @Test func `tells of films by their files, and of jobs without records by what lies there`() throws {
    let site = try IndexedWorkspace()
    func told(_ name: String, _ content: String) throws -> String {
      try site.file("out/2026/01/01/1/20260101-001/\(name)", content)
      let job = try #require(try site.look { try $0.page(JobQuery()) }.first)
      try site.remove("out/2026/01/01/1/20260101-001")
      _ = try site.ids()
      return "\(job.title ?? "-") \(job.year ?? 0) \(job.status)"
    }
    #expect(try told("final_output.mp4", "video") == "- 0 completed")
    #expect(try told("20260101-001_with_subs.mp4", "video") == "- 0 completed")
    #expect(try told("final_output.mp4", "") == "- 0 pending")
    #expect(
      try told("job.json", #"{"input_media": "/films/Lagaan (2001).mkv", "status": "prepared"}"#)
        == "Lagaan 2001 pending")
    #expect(try told("job.json", #"{"title": "शोले", "status": "running"}"#) == "शोले 0 interrupted")
    #expect(try told("job.json", #"{"status": "completed"}"#) == "- 0 completed")
    let film = #""input": {"file": "in/Lagaan.2001.1080p.BluRay.mkv", "title": "Lagaan 1080p", "year": 1080}"#
    #expect(try told("manifest.json", "{\(film)}") == "Lagaan 2001 pending")
    #expect(try told("manifest.json", #"{"timezone": "IST +05:30", \#(film)}"#) == "Lagaan 1080p 1080 pending")
  }

  @Test func `keeps who did what, a run that died among it`() throws {
    let site = try IndexedWorkspace()
    try site.file(
      "out/2026/01/01/1/20260101-001/manifest.json",
      #"""
      {"created_at": "2026-01-01T09:00:00.000000", "pipeline": {"status": "running"},
      "stages": {"asr": {"status": "failed", "attempt": 2, "started_at": "2026-01-01T10:02:00.000000",
      "completed_at": "2026-01-01T10:03:00.000000", "reason": "exit code 3", "error": "starting\nboom at line 12"}},
      "history": [{"at": "2026-01-01T10:00:00.000000", "event": "started", "who": "asha@films"},
      {"at": "2026-01-01T10:01:00.000000", "event": "stage_started", "stage": "asr", "attempt": 1}]}
      """#)
    let events = try site.look { index in
      try Drift(index).heal()
      return try index.read { db in
        try Row.fetchAll(db, sql: "SELECT who, event, reason FROM events ORDER BY at, event DESC").map { row in
          (0..<3).map { String.fromDatabaseValue(row[$0]) ?? "-" }.joined(separator: " ")
        }
      }
    }
    #expect(
      events == [
        "- created -", "asha@films started -", "asha@films stage_started -", "asha@films stage_started -",
        "asha@films stage_failed boom at line 12", "asha@films interrupted the run ended without a word",
      ])
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
    try site.file("out/2025/10/30/20251030-003/manifest.json", #"{"status": "completed"}"#)
    #expect(try site.ids() == ["20251030-004", "20251030-003"])
    try site.remove("out/2025")
    #expect(try site.ids("status=pending") == ["20251030-004", "20251030-003"])
  }

  @Test func `tells who ran a stage also in the hour that clocks are set back`() throws {
    let site = try IndexedWorkspace()
    func moment(_ clock: String) -> String { "2026-10-25T\(clock).000000" }
    func stage(_ name: String, who: String?, _ began: String, _ ended: String) -> String {
      let who = who.map { #""who": "\#($0)", "# } ?? ""
      return #"""
        "\#(name)": {"status": "success", \#(who)"started_at": "\#(moment(began))", "completed_at": "\#(moment(ended))"}
        """#
    }
    func event(_ what: String, _ who: String, _ at: String) -> String {
      #"{"at": "\#(moment(at))", "event": "\#(what)", "who": "\#(who)"}"#
    }
    let stages = [
      stage("demux", who: "asha@films", "02:50:01", "02:05:00"),
      stage("asr", who: "ravi@films", "02:10:01", "02:20:00"),
      stage("mux", who: nil, "03:00:00", "03:10:00"),
    ]
    let history = [
      event("started", "asha@films", "02:50:00"), event("failed", "asha@films", "02:08:00"),
      event("started", "ravi@films", "02:10:00"), event("completed", "ravi@films", "03:10:00"),
    ]
    try site.file(
      "out/2026/10/25/1/20261025-001/manifest.json",
      #"""
      {"created_at": "\#(moment("01:00:00"))", "timezone": "CEST +02:00",
      "input": {"file": "in/a.mkv", "title": "A", "year": 2001, "size_bytes": 1},
      "stages": {\#(stages.joined(separator: ", "))}, "pipeline": {"status": "completed"},
      "history": [\#(history.joined(separator: ", "))]}
      """#)
    let kept = try site.rows()
    func told(_ sql: String) throws -> [String] { try site.look { try $0.read { try String.fetchAll($0, sql: sql) } } }
    let runners = ["asr ravi@films", "demux asha@films", "mux ravi@films"]
    let ran = "SELECT stage || ' ' || who FROM events WHERE event = 'stage_started' ORDER BY stage"
    #expect(try told(ran) == runners)
    #expect(try told(ran.replacing("started", with: "succeeded")) == runners)
    // Of all others the history tells as much, in fewer bytes.
    #expect(try told("SELECT stage_name || ' ' || who FROM stages WHERE who IS NOT NULL") == ["demux asha@films"])
    try Reindex(of: site.workspace).run(notice: site.notice)
    #expect(try site.rows() == kept)
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
