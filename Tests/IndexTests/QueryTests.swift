import Jobs
import TestSupport
import Testing

@testable import Index

@Suite struct `Jobs looked for` {
  private func site() throws -> IndexedWorkspace {
    let site = try IndexedWorkspace()
    try site.job("20260101-001", title: "Sholay", year: 1975, seconds: 50)
    try site.job(
      "20260101-002", user: "2", title: "Amélie Poulain", year: 2001, status: "failed", stages: [("asr", "failed")],
      error: "CUDA out of memory", seconds: 10)
    try site.job("20260102-001", title: "शोले", year: 1975, seconds: 30)
    try site.job(
      "20260103-001", user: "10", title: "東京物語", year: 1953, status: "failed", stages: [("silero-vad", "failed")],
      seconds: 30)
    return site
  }

  private static let fitting: [(String, [String])] = [
    ("status=failed", ["20260103-001", "20260101-002"]), ("status!=failed", ["20260102-001", "20260101-001"]),
    ("user=2", ["20260101-002"]), ("user=1,10", ["20260103-001", "20260102-001", "20260101-001"]),
    ("year=1975", ["20260102-001", "20260101-001"]), ("year>=2000", ["20260101-002"]),
    ("title~amelie", ["20260101-002"]), ("title~poul am", ["20260101-002"]), ("stage=asr", ["20260101-002"]),
    ("stage=silero_vad", ["20260103-001"]), ("error~cuda", ["20260101-002"]),
    ("since=2026-01-02", ["20260103-001", "20260102-001"]), ("until=2026-01-01", []),
    ("id=20260101-001", ["20260101-001"]), ("input~sholay mkv", ["20260101-001"]),
    ("sha256=20260101001", ["20260101-001"]),
  ]

  @Test(arguments: fitting)
  func `are those that a filter fits`(filter: String, expected: [String]) throws {
    #expect(try site().ids(filter) == expected)
  }

  @Test func `must fit all filters`() throws {
    #expect(try site().ids("status=failed", "user=2") == ["20260101-002"])
    #expect(try site().ids("status=failed", "user=1") == [])
  }

  @Test(arguments: [
    "", "status", "colour=red", "status=fialed", "year=soon", "since=whenever", "user>=2", "=x", "status=",
  ])
  func `are not looked for by a filter that is none`(filter: String) async throws {
    try await expectError(.usage) { _ = try JobFilter(filter) }
  }

  @Test func `are found by words in any order and script, by input and by content`() throws {
    let site = try site()
    #expect(try site.find("poulain AMELIE") == ["20260101-002"])
    #expect(try site.find("शोले") == ["20260102-001"])
    #expect(try site.find("京物") == ["20260103-001"])
    #expect(try site.find("shol") == ["20260101-001"])
    #expect(try site.find("20260102001abc") == ["20260102-001"])
    #expect(try site.find("nothing like it") == [])
    #expect(try site.find("\" OR title:*") == [])
  }

  @Test(arguments: JobQuery.Order.allCases, [true, false])
  func `stand on one page each, in any order`(order: JobQuery.Order, ascending: Bool) throws {
    let site = try site()
    try site.file("out/2026/01/04/1/20260104-001/x", "")
    try site.file("out/2026/01/04/1/20260104-002/x", "")
    let all = try site.ids(order: order, ascending: ascending)
    #expect(Set(all).count == 6)
    var paged: [String] = []
    var query = JobQuery()
    (query.order, query.ascending, query.limit) = (order, ascending, 1)
    while let job = try site.look({ try $0.page(query) }).first {
      paged.append(job.jobID)
      query.after = job.folder
      guard paged.count < 10 else { break }
    }
    #expect(paged == all)
  }
}
