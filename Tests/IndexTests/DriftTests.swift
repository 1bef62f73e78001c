import Foundation
import GRDB
import Jobs
import SystemPackage
import Testing

@testable import Index

@Suite struct `A job changed behind the index's back` {
  @Test func `a job is looked at again when its manifest came after it was read without one`() throws {
    let site = try IndexedWorkspace()
    try site.job("20260101-001")
    let (folder, stamps) = ("out/2026/01/01/1/20260101-001", try StampReader(site.workspace))
    #expect(!stamps.isSame(folder, stamps.several(in: folder, manifest: nil)))
  }

  @Test func `is noticed when it is added, edited, or removed by hand`() throws {
    let site = try IndexedWorkspace()
    try site.job("20260101-001")
    #expect(try site.ids() == ["20260101-001"])
    try site.job("20260101-002", title: "Anand")
    try site.job("20270101-001", user: "3", title: "Deewaar")
    #expect(try site.ids() == ["20270101-001", "20260101-002", "20260101-001"])
    try site.job("20260101-002", title: "Anand!", status: "failed", stages: [("asr", "failed")])
    #expect(try site.ids("title~anand") == ["20260101-002"])
    #expect(try site.ids("status=failed") == ["20260101-002"])
    try site.remove("out/2026/01/01/1/20260101-001")
    #expect(try site.ids() == ["20270101-001", "20260101-002"])
    try site.remove("out/2027")
    #expect(try site.ids() == ["20260101-002"])
    #expect(try site.look { try $0.counts() }.map(\.jobs) == [1])
    #expect(site.notices.isEmpty)
  }

  @Test func `is interrupted when it claims to run and nobody runs it`() throws {
    let site = try IndexedWorkspace()
    try site.job("20260101-001", status: "running", stages: [("demux", "running")])
    #expect(try site.ids("status=interrupted") == ["20260101-001"])
    #expect(try site.ids("status=running") == [])
  }

  @Test func `is told as its files have it while another writes, without waiting`() throws {
    let site = try IndexedWorkspace()
    try site.job("20260101-001")
    try site.job("20260101-002")
    #expect(try site.ids() == ["20260101-002", "20260101-001"])
    let writer = try IndexFile(in: site.workspace).lock()
    try site.job("20260101-001", status: "failed", stages: [("asr", "failed")])
    try site.remove("out/2026/01/01/1/20260101-002")
    var query = JobQuery()
    query.limit = 10
    let told = try site.look { try $0.page(query) }
    #expect(told.map(\.jobID) == ["20260101-001"])
    #expect(told.map(\.status) == ["failed"])
    #expect(try site.ids("status=completed") == [])
    _ = consume writer
    #expect(try site.ids() == ["20260101-001"])
    #expect(try site.ids("status=failed") == ["20260101-001"])
  }

  @Test func `is found by what it is now, and not by what it was, at the first look`() throws {
    let site = try IndexedWorkspace()
    try site.job("20260101-001", title: "Anand")
    try site.job("20260101-002", title: "Sholay")
    #expect(try site.ids("status=completed").count == 2)
    try site.job("20260101-001", title: "Deewaar", status: "failed", stages: [("asr", "failed")])
    #expect(try site.ids("status=failed") == ["20260101-001"])
    try site.job("20260101-001", title: "Don", status: "failed", stages: [("asr", "failed")])
    #expect(try site.find("don") == ["20260101-001"])
    #expect(try site.find("🇮🇳") == [])
    try site.job("20260101-002", title: "Jai Hind 🇮🇳")
    #expect(try site.find("🇮🇳") == ["20260101-002"])
    try site.job("20260101-001", title: "Yaadein", status: "failed", stages: [("asr", "failed")])
    #expect(try site.ids("title~don") == [])
  }

  @Test func `is noticed among two thousand, of more only when under way, shown, or while a run is at work`() throws {
    let site = try IndexedWorkspace()
    func failed() throws -> [Int] { try site.ids("status=failed").compactMap { Int($0.suffix(4)) } }
    func fail(_ number: Int) throws {
      try site.job("20260101-\(number)", status: "failed", stages: [("asr", "failed")])
    }
    try site.plainJobs(1001...1001, status: "pending")
    try site.plainJobs(1002...1002, status: "running")
    let run = try FileLock.take(site.path("out/2026/01/01/1/20260101-1002/.cpwx.lock"), subject: "the job")
    try site.plainJobs(1003...3000)
    #expect(try failed() == [])
    // However old it is, and whatever is asked.
    try fail(1003)
    #expect(try failed() == [1003])
    try site.job("20260101-1004", title: "Deewaar")
    #expect(try site.find("deewaar") == ["20260101-1004"])
    try fail(1005)
    #expect(try site.look { try $0.counts() }.map(\.jobs) == [1996, 2, 1, 1])

    try site.plainJobs(3001...3001)
    #expect(try failed() == [1005, 1003])
    for number in [1001, 1006, 2650] { try fail(number) }
    #expect(try failed() == [1005, 1003, 1001], "only those that were under way are looked at each time")
    #expect(try site.ids("status=running") == ["20260101-1002"])
    _ = consume run
    #expect(try site.ids("status=interrupted") == ["20260101-1002"], "whoever ran it may have died")
    try site.plainJobs(1002...1002, status: "pending")
    #expect(try site.ids("status=interrupted") == [], "another host may go on with it")

    let shown = try JobIndex.job(named: "20260101-1006", in: site.workspace, notice: site.notice)
    JobIndex.note(shown, in: try site.workspace)
    #expect(try failed() == [1006, 1005, 1003, 1001])

    let workspace = try site.workspace
    let feed = IndexFeed(workspace, notice: site.notice, patience: 0)
    feed.tell(try JobIndex.job(named: "20260101-3001", in: workspace, notice: site.notice).paths(in: workspace))
    let late = ContinuousClock.now + .seconds(120)
    while try failed().count < 5, ContinuousClock.now < late { usleep(5_000) }
    #expect(try failed() == [2650, 1006, 1005, 1003, 1001])
    feed.finish()

    // Page after page that is looked up holds only such as have changed.
    for number in 1007...1040 { try fail(number) }
    var query = JobQuery()
    (query.filters, query.ascending, query.limit) = ([try JobFilter("status=completed")], true, 5)
    let page = try site.look { try $0.page(query) }
    #expect(page.map(\.jobID) == ["1004", "1041", "1042", "1043", "1044"].map { "20260101-" + $0 })
    #expect(site.notices.isEmpty, "\(site.notices)")
  }

  @Test func `is completed by its final video alone, as long as that is there`() throws {
    let site = try IndexedWorkspace()
    for name in ["nothing.txt", "job_info.json"] {
      try site.file("out/2026/01/01/1/20260101-001/\(name)", "{}")
      #expect(try site.ids("status=pending") == ["20260101-001"])
      try site.file("out/2026/01/01/1/20260101-001/final_output.mp4", "video")
      #expect(try site.ids("status=completed") == ["20260101-001"])
      try site.file("out/2026/01/01/1/20260101-001/final_output.mp4", "")
      #expect(try site.ids("status=pending") == ["20260101-001"])
      try site.file("out/2026/01/01/1/20260101-001/20260101-001_with_subs.mp4", "video")
      #expect(try site.ids("status=completed") == ["20260101-001"])
      try site.remove("out/2026/01/01/1/20260101-001")
      #expect(try site.ids() == [])
    }
  }

  @Test func `in a folder that is named by a counter is what its job.json says by now`() throws {
    let site = try IndexedWorkspace()
    let manifest =
      #"{"created_at": "2026-01-01T09:00:00.000000", "input": {"file": "in/a.mkv"}, "pipeline": {"status": "completed"}}"#
    try site.file("out/2026/01/01/asha/0001/manifest.json", manifest)
    #expect(try site.ids() == [])
    // Later than the clock's tick, in which a folder is looked at again anyway.
    usleep(60_000)
    #expect(try site.ids() == [])
    for id in ["job-20260101-asha-0001", "job-20260101-asha-0007"] {
      try site.file("out/2026/01/01/asha/0001/job.json", #"{"job_id": "\#(id)"}"#)
      #expect(try site.ids() == [id])
      let kept = try site.rows()
      try Reindex(of: site.workspace).run(notice: site.notice)
      #expect(try site.rows() == kept)
    }
    try site.remove("out/2026/01/01/asha/0001/job.json")
    #expect(try site.ids() == [])
  }

  @Test func `is called as what stands beside its manifest says by now`() throws {
    let site = try IndexedWorkspace()
    try site.file("out/2026/01/01/1/20260101-001/manifest.json", #"{"pipeline": {"status": "completed"}}"#)
    for title in ["Sholay", "Anand", "Deewaar"] {
      try site.file("out/2026/01/01/1/20260101-001/job_info.json", #"{"title": "\#(title)"}"#)
      #expect(try site.look { try $0.page(JobQuery()) }.map(\.title) == [title])
    }
  }

  @Test func `keeps its stages and history in the index when one that comes from there is shown`() throws {
    let site = try IndexedWorkspace()
    try site.job("20260102-101", title: "Anand", status: "failed", stages: [("asr", "failed")])
    #expect(try site.ids("stage=asr") == ["20260102-101"])
    let shown = try JobIndex.job(named: "latest", in: site.workspace, notice: site.notice)
    JobIndex.note(shown, in: try site.workspace)
    let film = try site.look { try $0.film(of: shown) }
    #expect(film.stages.map(\.name) == ["asr"])
    try site.remove(".cpwx/index.sqlite")
    JobIndex.note(shown, in: try site.workspace)
    #expect(!exists(site.database), "no index is made for it")
  }

  @Test func `shows its batch too, also one that was killed`() throws {
    let site = try IndexedWorkspace()
    func batches() throws -> [String] {
      try site.look { index in
        try Drift(index).heal()
        return try index.read {
          try String.fetchAll($0, sql: "SELECT batch_id || ' ' || status FROM batches ORDER BY 1")
        }
      }
    }
    #expect(try batches() == [])
    let open = try OpenBatch("20260101-010000-1", in: site.workspace, who: "asha@films", inputs: ["in"])
    #expect(try batches() == ["20260101-010000-1 running"])
    // As kill -9 leaves it: the lock is gone, the record as it was.
    _ = consume open
    #expect(try batches() == ["20260101-010000-1 interrupted"])
    try site.remove("logs/batches")
    #expect(try batches() == [])
  }
}
