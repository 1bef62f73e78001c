import Jobs
import Testing

@Suite struct `Durations in words` {
  @Test(arguments: [
    ("10m", 600.0), ("4h", 14400), ("90s", 90), ("1h30m", 5400), ("2d", 172_800), ("2w", 1_209_600), ("2y", 63_072_000),
    ("45", 45), ("0.5s", 0.5), ("200ms", 0.2), ("1m500ms", 60.5),
  ])
  func `are read as people write them`(text: String, seconds: Double) {
    #expect(parseDuration(text) == seconds)
  }

  @Test(arguments: ["", "m", "10x", "soon", "-5s", "1h 2", "nan", "inf"])
  func `are refused when they are none`(text: String) {
    #expect(parseDuration(text) == nil)
  }

  @Test(arguments: [(0.0, "0.0 s"), (9.94, "9.9 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"), (3900, "1 h 05 min")])
  func `are written for people`(seconds: Double, text: String) {
    #expect(describeDuration(seconds) == text)
  }
}

@Suite struct `Ages in words` {
  @Test(arguments: [
    (-5.0, "just now"), (59, "just now"), (60, "1 min ago"), (3599, "59 min ago"), (3600, "1 h ago"),
    (172_799, "47 h ago"), (172_800, "2 days ago"), (31_536_000, "365 days ago"),
  ])
  func `are told in their largest unit`(seconds: Double, text: String) {
    #expect(describeAge(seconds) == text)
  }
}

@Suite struct `Moments in words` {
  private let now = Timestamp("2026-03-10T08:30:00")!

  @Test(arguments: [
    ("today", "2026-03-10T00:00:00"), ("yesterday", "2026-03-09T00:00:00"), ("2025-10-30", "2025-10-30T00:00:00"),
    ("2025-10-30T12:15:00", "2025-10-30T12:15:00"), ("2025-10-30 12:15", "2025-10-30T12:15:00"),
    ("12h", "2026-03-09T20:30:00"), ("now", "2026-03-10T08:30:00"),
  ])
  func `are read as people name them`(text: String, expected: String) {
    #expect(parseMoment(text, now: now) == Timestamp(expected))
  }

  @Test(arguments: ["", "soon", "2025-13-01", "7", "-1d", "2025-02-30"])
  func `are refused when they are none`(text: String) {
    #expect(parseMoment(text, now: now) == nil)
  }
}
