internal import Jobs

/// The id that each entry of a plan gets, in little memory.
struct PlannedIDs: Sendable {
  private struct Number: BitwiseCopyable, Equatable {
    /// `YYYYMMDD`; 0 for an entry without an id.
    var day: Int32 = 0
    var number: Int32 = 0
  }

  private var numbers = Spooled<Number>()
  /// Those that are written in a way of their own.
  private var odd: [Int: JobID] = [:]

  /// How many get one.
  private(set) var given = 0

  var count: Int { numbers.count }

  /// - Throws: ``JobError`` with code `io` where there is no room.
  mutating func append(_ id: JobID?) throws(JobError) {
    try numbers.append(Number())
    if let id { try give(id, to: count - 1) }
  }

  /// - Throws: ``JobError`` with code `io`.
  subscript(index: Int) -> JobID? {
    get throws(JobError) {
      let id = Self.id(try numbers[index])
      return odd[index] ?? id
    }
  }

  private static func id(_ number: Number) -> JobID? {
    let digits = Int(number.day)
    return JobDate(year: digits / 10_000, month: digits / 100 % 100, day: digits % 100).map {
      JobID(date: $0, number: Int(number.number))
    }
  }

  /// Gives an entry one that has none.
  ///
  /// - Throws: ``JobError`` with code `io`.
  mutating func give(_ id: JobID, to index: Int) throws(JobError) {
    let day = id.date.year * 10_000 + id.date.month * 100 + id.date.day
    let number = Number(day: Int32(day), number: Int32(clamping: id.number))
    try numbers.set(index, to: number)
    if Self.id(number) != id { odd[index] = id }
    given += 1
  }

  /// Whether an entry gets one.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func contains(_ index: Int) throws(JobError) -> Bool { try numbers[index].day != 0 }

  /// Hands over all, in the order of their entries.
  ///
  /// - Throws: ``JobError`` with code `io`, and what `body` throws.
  func forEach(_ body: (JobID?) throws -> Void) throws {
    try numbers.forEach { index, number in try body(odd[index] ?? Self.id(number)) }
  }
}
