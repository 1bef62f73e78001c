/// A day of the synthetic calendar, which begins with 2024 and has a thousand jobs every day.
struct SyntheticDay {
  static let jobs = 1000
  /// A day of 2100, after all that are filled in order.
  static let farAway = 27_760

  let year: Int
  let month: Int
  let day: Int

  /// - Parameter index: days since the calendar's beginning.
  init(_ index: Int) {
    // Days since 0000-03-01 to a date of the Gregorian calendar: Hinnant, "chrono-compatible low-level date algorithms".
    let days = index + 739_191
    let era = days / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shifted + 2) / 5 + 1
    month = shifted < 10 ? shifted + 3 : shifted - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// `YYYYMMDD`
  var digits: String { String(year * 10_000 + month * 100 + day) }
  /// `YYYY/MM/DD`
  var folders: String { "\(year)/\(two(month))/\(two(day))" }
  /// `YYYY-MM-DD`
  var date: String { "\(year)-\(two(month))-\(two(day))" }
}

/// Two digits at least.
func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
