import Testing

@testable import Jobs

/// Times to come and sizes, as admins write them.
struct NightWordsTests {
  @Test(arguments: [
    ("20G", 20_000_000_000), ("1.5GB", 1_500_000_000), ("512MiB", 536_870_912), ("0", 0), ("734", 734),
    ("10 kB", 10_000),
    ("1Ti", 1_099_511_627_776),
  ])
  func `sizes are read`(text: String, bytes: Int) {
    #expect(parseSize(text) == bytes)
  }

  @Test(arguments: ["", "G", "-1G", "20X", "1e5", "20GG", "99999999999T", "ten"])
  func `what is no size is none`(text: String) {
    #expect(parseSize(text) == nil)
  }

  @Test func `a time of day is the next one`() throws {
    let evening = try #require(Timestamp("2025-10-30T22:15:00"))
    #expect(parseDeadline("06:00", now: evening)?.text.hasPrefix("2025-10-31T06:00:00") == true)
    #expect(parseDeadline("23:30", now: evening)?.text.hasPrefix("2025-10-30T23:30:00") == true)
    #expect(parseDeadline("6:05", now: evening)?.text.hasPrefix("2025-10-31T06:05:00") == true)
    #expect(parseDeadline("8h", now: evening)?.text.hasPrefix("2025-10-31T06:15:00") == true)
    #expect(parseDeadline("2025-11-01T05:00", now: evening)?.text.hasPrefix("2025-11-01T05:00:00") == true)
    for text in ["", "25:00", "06:61", "soon", "6", "06:00:00:00"] { #expect(parseDeadline(text, now: evening) == nil) }
  }
}
