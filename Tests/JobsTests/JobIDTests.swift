import Testing

@testable import Jobs

struct `Job ids` {
  @Test func `have the documented form`() {
    let day = JobDate(digits: "20251030")!
    #expect(JobID(date: day, number: 1).description == "20251030-001")
    #expect(JobID(date: day, number: 42).description == "20251030-042")
    #expect(JobID(date: day, number: 999).description == "20251030-999")
    #expect(day.folders == "2025/10/30")
  }

  @Test func `grow past 999`() {
    let day = JobDate(digits: "20251030")!
    #expect(JobID(date: day, number: 1000).description == "20251030-1000")
    #expect(JobID("20251030-1000")?.number == 1000)
  }

  @Test func `order by day and number, never as text`() {
    let texts = ["20251030-999", "20251030-1000", "20251030-1001", "20251031-001", "20260101-001"]
    #expect(texts.reversed().compactMap { JobID($0) }.sorted().map(\.description) == texts)
  }

  @Test func `are read in any width of three or more, and kept as written`() {
    for text in ["20251030-001", "20251030-0001", "20251030-000000000000017"] {
      #expect(JobID(text)?.description == text)
    }
    #expect(JobID("20251030-0001")?.number == 1)
    #expect(JobID("20251030-0001") != JobID("20251030-001"))
  }

  @Test(arguments: [
    "", "-", "20251030", "20251030-", "20251030-1", "20251030-01", "20251030-000", "20251030-+01", "20251030- 01",
    "20251030-001 ", " 20251030-001", "20251030-001-1", "20251030_001", "2025103-001", "20251301-001", "20250229-001",
    "20251030-0000000000000001", "20251030-٠٠١", "２０２５1030-001", "job-20251030-1-0001", "00000101-001",
    "20251030-001\n", "20251030-00a",
  ])
  func `that are malformed are refused`(text: String) {
    #expect(JobID(text) == nil)
  }

  @Test func `know leap days`() {
    #expect(JobDate(digits: "20240229") != nil)
    #expect(JobDate(digits: "20000229") != nil)
    #expect(JobDate(digits: "19000229") == nil)
    #expect(JobDate(digits: "20250431") == nil)
  }
}
