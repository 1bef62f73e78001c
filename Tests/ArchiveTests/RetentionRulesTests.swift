import Archive
import Jobs
import Testing

@Suite struct `Retention rules` {
  private func moments(_ texts: [String]) throws -> [Timestamp] {
    try texts.map { try #require(Timestamp($0 + "T12:00:00")) }
  }

  /// The days that are kept of those given.
  private func kept(_ days: [String], _ set: (inout RetentionRules) -> Void) throws -> [String] {
    var rules = RetentionRules()
    set(&rules)
    let reasons = rules.reasons(try moments(days))
    return zip(days, reasons).filter { $0.1 != nil }.map(\.0)
  }

  @Test func `without one nothing is kept, and they say that they are none`() throws {
    #expect(try kept(["2025-10-30"]) { _ in } == [])
    #expect(RetentionRules().isEmpty)
  }

  @Test func `keep the newest, whatever the order they come in`() throws {
    #expect(try kept(["2025-10-30", "2025-11-02", "2025-11-01"]) { $0.last = 2 } == ["2025-11-02", "2025-11-01"])
  }

  @Test func `keep the last of each of so many days, weeks, months and years that have any`() throws {
    let days = ["2023-05-01", "2024-12-30", "2025-01-02", "2025-01-31", "2025-03-01", "2025-03-02"]
    #expect(try kept(days) { $0.daily = 2 } == ["2025-03-01", "2025-03-02"])
    // The Monday before new year and the Thursday after it are of one ISO week.
    #expect(try kept(days) { $0.weekly = 3 } == ["2025-01-02", "2025-01-31", "2025-03-02"])
    #expect(try kept(days) { $0.monthly = 2 } == ["2025-01-31", "2025-03-02"])
    #expect(try kept(days) { $0.yearly = 9 } == ["2023-05-01", "2024-12-30", "2025-03-02"])
  }

  @Test func `keep what any of them keeps, and what is young`() throws {
    let days = ["2024-01-01", "2025-01-01", "2025-06-01"]
    #expect(try kept(days) { ($0.last, $0.yearly) = (1, 2) } == ["2024-01-01", "2025-06-01"])
    let border = Timestamp("2025-01-01T00:00:00")
    #expect(try kept(days) { $0.before = border } == ["2025-01-01", "2025-06-01"])
  }
}
