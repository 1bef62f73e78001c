internal import Jobs

/// The order of jobs as one number: by day, then by number. What it is made of can be read off its digits.
///
/// A place in the last three digits keeps jobs apart that bear the same day and number: trees of other layouts count
/// per user. It is the user's, so that it does not depend on which of the jobs was found first.
enum JobKey {
  static let places: Int64 = 1_000
  private static let numbers: Int64 = 10_000_000

  /// The key of the job in a place, unless another has it: then the next that is free.
  static func first(of place: JobPlace) -> Int64 { first(place.date, number: place.number, user: place.user) }

  /// - Parameter user: a number, or a login name; empty where the tree knows no users.
  static func first(_ date: JobDate?, number: Int, user: String = "") -> Int64 {
    let day = date.map { Int64($0.year * 10_000 + $0.month * 100 + $0.day) } ?? 0
    return (day * numbers + Int64(max(0, min(number, Int(numbers) - 1)))) * places + Self.place(of: user)
  }

  private static func place(of user: String) -> Int64 {
    if let number = UInt64(user) { return Int64(number % UInt64(places)) }
    return user.isEmpty ? 0 : Int64(user.utf8.fnv % UInt64(places))
  }

  /// All keys of the day and number that a key is of.
  static func block(of key: Int64) -> Range<Int64> { key / places * places..<(key / places + 1) * places }

  /// The keys of all jobs from a day on.
  static func first(from digits: String) -> Int64? { Int64(digits).map { $0 * numbers * places } }

  /// The keys of all days whose jobs' ids begin so; `nil` when only another layout's do.
  static func days(beginning prefix: String) -> Range<Int64>? {
    let digits = prefix.prefix(8)
    guard digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
    let open = String(repeating: "0", count: 8 - digits.count)
    let length = Int64("1" + open) ?? 1
    let day = Int64(digits + open) ?? 0
    return day * numbers * places..<(day + length) * numbers * places
  }
}
