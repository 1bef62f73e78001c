internal import Jobs

/// The id that each entry of a plan gets, in little memory.
struct PlannedIDs: RandomAccessCollection, MutableCollection, Sendable {
  /// `YYYYMMDD`; 0 for an entry without an id.
  private var days: [Int32]
  private var numbers: [Int32]
  /// Those that are written in a way of their own.
  private var odd: [Int: JobID] = [:]

  init(count: Int) {
    days = [Int32](repeating: 0, count: count)
    numbers = days
  }

  var startIndex: Int { 0 }
  var endIndex: Int { days.count }

  subscript(index: Int) -> JobID? {
    get {
      let digits = Int(days[index])
      if digits == 0 { return nil }
      if let id = odd[index] { return id }
      return JobDate(year: digits / 10_000, month: digits / 100 % 100, day: digits % 100).map {
        JobID(date: $0, number: Int(numbers[index]))
      }
    }
    set {
      odd[index] = nil
      guard let id = newValue else {
        days[index] = 0
        return
      }
      days[index] = Int32(id.date.year * 10_000 + id.date.month * 100 + id.date.day)
      numbers[index] = Int32(clamping: id.number)
      if self[index] != id { odd[index] = id }
    }
  }

  /// Whether an entry gets one.
  func contains(_ index: Int) -> Bool { days[index] != 0 }
}
