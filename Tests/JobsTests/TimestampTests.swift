import Foundation
import Testing

@testable import Jobs

struct Times {
  @Test func `keep their microseconds`() {
    for text in [
      "2025-10-30T15:44:30.123456", "2025-01-01T00:00:00.000001", "1969-12-31T23:59:59.999999",
      "9999-12-31T23:59:59.000000",
    ] {
      #expect(Timestamp(text)?.text == text)
    }
  }

  @Test(arguments: [
    ("2025-10-30T10:00:00Z", 0), ("2025-10-30T10:00:00.5Z", 500_000), ("2025-10-30T15:30:00+05:30", 0),
    ("2025-10-30T15:30:00.000001+0530", 1), ("2025-10-30 02:00:00-08", 0), ("2025-10-30T10:00:00.1234567Z", 123_456),
    ("2025-10-30T09:30:00-00:30", 0),
  ])
  func `with a zone are that moment everywhere`(text: String, microseconds: Int64) {
    #expect(Timestamp(text)?.microseconds == 1_761_818_400_000_000 + microseconds)
  }

  @Test(arguments: [
    "", "2025", "2025-10-30", "2025-10-30T10:00", "2025-13-01T00:00:00", "2025-02-29T00:00:00", "2025-10-30T24:00:00",
    "2025-10-30T10:60:00", "2025-10-30T10:00:61", "2025-10-30T10:00:00.", "2025-10-30T10:00:00x",
    "2025-10-30T10:00:00+5",
    "25-10-30T10:00:00", "0000-01-01T00:00:00", "2025-1-3T1:2:3", "2025-10-30T10:00:00 ", "٢٠٢٥-10-30T10:00:00",
    "2025-10-30T10:00:00+05:30x", "2025-10-30T10:00:00+25:00", "2025-10-30T10:00:00Z0",
  ])
  func `that are none are refused`(text: String) { #expect(Timestamp(text) == nil) }

  @Test func `are local, in summer and in winter`() async {
    await #expect(processExitsWith: .success) {
      setenv("TZ", "Europe/Berlin", 1)
      tzset()
      #expect(Timestamp("2025-07-01T12:00:00Z")?.text == "2025-07-01T14:00:00.000000")
      #expect(Timestamp("2025-07-01T12:00:00Z")?.timezone == "CEST +02:00")
      #expect(Timestamp("2025-12-01T12:00:00Z")?.timezone == "CET +01:00")
      // The clocks go from 02:00 to 03:00 on this night, so three o'clock comes an hour after two.
      let before = Timestamp("2025-03-30T01:59:59.500000")!
      let after = Timestamp("2025-03-30T03:00:00.500000")!
      #expect(after.seconds(since: before) == 1)
      #expect(after.text == "2025-03-30T03:00:00.500000")
      #expect(JobDate(Timestamp("2025-07-01T22:30:00Z")!).digits == "20250702")
    }
  }

  @Test func `around a change of clocks are what the C library makes of them`() async {
    await #expect(processExitsWith: .success) {
      // The clocks of Apia left out a whole day.
      for (zone, month, days) in [("Europe/Berlin", 2025 * 12 + 9, 24...28), ("Pacific/Apia", 2011 * 12 + 11, 28...31)]
      {
        setenv("TZ", zone, 1)
        tzset()
        for (day, hour) in days.flatMap({ day in (0...23).map { (day, $0) } }) {
          var parts = tm()
          (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(month / 12 - 1900), Int32(month % 12), Int32(day))
          (parts.tm_hour, parts.tm_min, parts.tm_isdst) = (Int32(hour), 30, -1)
          let text = "\(month / 12)-\(month % 12 + 1)-\(day)T\(hour < 10 ? "0" : "")\(hour):30:00"
          #expect(Timestamp(text)?.microseconds == Int64(mktime(&parts)) * 1_000_000, "\(text) in \(zone)")
        }
      }
    }
  }

  @Test func `that a clock shows twice are those of the first, whatever was read before`() async {
    await #expect(processExitsWith: .success) {
      setenv("TZ", "Europe/Berlin", 1)
      tzset()
      let first = Timestamp("2025-10-26T00:30:00Z")
      #expect(first?.text == "2025-10-26T02:30:00.000000")
      for other in ["2025-03-30T01:30:00", "2025-03-30T02:30:00", "2025-10-26T01:30:00", "2025-10-26T03:30:00"] {
        #expect(Timestamp(other) != nil)
        #expect(Timestamp("2025-10-26T02:30:00") == first, "after \(other)")
      }
    }
  }

  @Test func `are of the zone that their document names, wherever they are read`() {
    let noon = Timestamp("2025-10-30T06:30:00Z")
    #expect(Timestamp("2025-10-30T12:00:00", in: "IST +05:30") == noon)
    #expect(Timestamp("2025-10-30T02:30:00", in: "-04:00") == noon)
    #expect(Timestamp("2025-10-30T06:30:00Z", in: "IST +05:30") == noon)
    let local = Timestamp("2025-10-30T12:00:00")
    for zone in [nil, "", "somewhere", "IST 5"] { #expect(Timestamp("2025-10-30T12:00:00", in: zone) == local) }
    // What is no offset is no part of the time either.
    #expect(Timestamp("2025-10-30T12:00:00.5", in: "IST 25") == Timestamp("2025-10-30T12:00:00.5"))
    #expect(Timestamp("2025-10-30T12:00:0", in: "IST 5") == nil)
    #expect(Timestamp("noon", in: "IST +05:30") == nil)
  }

  @Test(arguments: [
    ("1000-01-01T00:00:00+23:00", "10000101"), ("9999-12-31T23:59:59-23:00", "99991231"),
    ("2025-10-30T12:00:00Z", "20251030"),
  ])
  func `beyond the days that can be written count as the first or the last of them`(text: String, day: String) throws {
    #expect(JobDate(try #require(Timestamp(text))).digits == day)
  }

  @Test(arguments: [0, 1, -1, Int.max, Int.min])
  func `of files, however far off, can be taken from one another`(seconds: Int) throws {
    let now = Timestamp.now.microseconds * 1000
    let time = nanoseconds(seconds, 999_999_999)
    #expect((now - time > 0) == (seconds < 2))
    #expect(seconds.magnitude > 1 || time == Int64(seconds) * 1_000_000_000 + 999_999_999)
  }

  @Test func `are of their maker's zone where that is another than the reader's`() async {
    await #expect(processExitsWith: .success) {
      setenv("TZ", "Europe/Berlin", 1)
      tzset()
      #expect(Timestamp.foreignZone("CET +01:00", made: "2025-03-01T12:00:00") == nil)
      #expect(Timestamp.foreignZone("IST +05:30", made: "2025-03-01T12:00:00") == "IST +05:30")
      // In summer, that clock was another.
      #expect(Timestamp.foreignZone("CET +01:00", made: "2025-07-01T12:00:00") == "CET +01:00")
      #expect(Timestamp.foreignZone(nil, made: "2025-07-01T12:00:00") == nil)
      #expect(Timestamp.foreignZone("IST +05:30", made: nil) == nil)
    }
  }

  @Test func `in a zone without a name have its offset alone`() async {
    await #expect(processExitsWith: .success) {
      setenv("TZ", "<+0545>-5:45", 1)
      tzset()
      #expect(Timestamp("2025-07-01T12:00:00Z")?.timezone == "+05:45")
      #expect(Timestamp("2025-07-01T12:00:00Z")?.text == "2025-07-01T17:45:00.000000")
    }
  }
}
