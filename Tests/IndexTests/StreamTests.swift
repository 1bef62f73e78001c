import Jobs
import TestSupport
import Testing

@testable import Index

@Suite struct `Pages of jobs, one after the other` {
  private func site() throws -> IndexedWorkspace {
    let site = try IndexedWorkspace()
    for number in 101...112 {
      try site.job(
        "20260101-\(number)", user: String(number % 3 + 1), title: "Film \(number * 7 % 12)", year: 1950 + number % 5,
        status: number % 4 == 0 ? "failed" : "completed", seconds: Double(number * 5 % 7))
    }
    return site
  }

  @Test(arguments: JobQuery.Order.allCases, [true, false])
  func `tell each job once, whatever comes and goes between them`(order: JobQuery.Order, ascending: Bool) throws {
    let site = try site()
    let before = try site.ids(order: order, ascending: ascending)
    var query = JobQuery()
    (query.order, query.ascending) = (order, ascending)
    var told: [String] = []
    var pages = 0
    _ = try JobIndex.stream(query, in: site.workspace, limit: nil, pageLength: 4, notice: site.notice) { page in
      #expect(page.count <= 4)
      told += page.map(\.jobID)
      pages += 1
      // The one that the next page follows goes, and others come.
      try site.remove(try #require(page.last).folder)
      try site.job("20260101-\(200 + pages)", title: "Film \(pages)", year: 1952, seconds: 3)
      try site.job("20251231-\(200 + pages)", title: "Film \(pages)", year: 1952, seconds: 3)
    }
    #expect(told.filter { before.contains($0) } == before)
    #expect(Set(told).count == told.count)
    #expect(pages >= 3)
    #expect(site.notices == [])
  }

  @Test func `end with the last job that was asked for, from which one goes on`() throws {
    let site = try site()
    let all = try site.ids()
    var query = JobQuery()
    var told: [String] = []
    func ask(_ limit: Int) throws -> IndexedJob? {
      try JobIndex.stream(query, in: site.workspace, limit: limit, pageLength: 3, notice: site.notice) {
        told += $0.map(\.jobID)
      }
    }
    let last = try #require(try ask(7))
    #expect(last.jobID == all[6] && told == Array(all.prefix(7)))
    query.after = last.folder
    #expect(try ask(5) == nil, "there are no more")
    #expect(told == all)
  }

  @Test func `follow no job that is gone`() async throws {
    let site = try site()
    var query = JobQuery()
    query.after = "out/2026/01/01/1/20260101-999"
    try await expectError(.usage) { [query] in _ = try site.look { try $0.page(query) } }
  }
}
