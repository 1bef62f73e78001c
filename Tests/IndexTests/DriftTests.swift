import Testing

@testable import Index

@Suite struct `A job changed behind the index's back` {
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
    _ = consume writer
    #expect(try site.ids() == ["20260101-001"])
    #expect(try site.ids("status=failed") == ["20260101-001"])
  }
}
