/// A day in the local calendar, as the tree of jobs is laid out by.
public struct JobDate: Sendable, Hashable, Comparable {
  public let year: Int
  public let month: Int
  public let day: Int

  public init?(year: Int, month: Int, day: Int) {
    guard (1000...9999).contains(year), (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year)
    else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// The local day of a moment; of one outside the years 1000 to 9999, the first or the last day there is.
  public init(_ moment: Timestamp) {
    let (year, month, day) = moment.localDay
    self =
      JobDate(year: year, month: month, day: day)
      ?? (moment.microseconds < 0 ? Self.first : JobDate(year: 9999, month: 12, day: 31)!)
  }

  static let first = JobDate(year: 1000, month: 1, day: 1)!

  /// Reads `YYYYMMDD`.
  public init?(digits: Substring) {
    guard digits.utf8.count == 8, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(digits)
    else { return nil }
    self.init(year: number / 10_000, month: number / 100 % 100, day: number % 100)
  }

  /// `YYYYMMDD`
  public var digits: String { String(year * 10_000 + month * 100 + day) }

  /// `YYYY/MM/DD`, the folders a job of this day lies under.
  public var folders: String {
    let digits = digits
    return "\(digits.prefix(4))/\(digits.dropFirst(4).prefix(2))/\(digits.suffix(2))"
  }

  public static func < (left: JobDate, right: JobDate) -> Bool {
    (left.year, left.month, left.day) < (right.year, right.month, right.day)
  }

  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// `YYYYMMDD-NNN`: the local day a job was made, and its number among that day's jobs of all users.
///
/// The number has three digits at least and grows past 999 (`20251030-1000`); ids compare as (day, number), so that
/// `-1000` comes after `-999`. Any width of three or more is read, and kept.
public struct JobID: Sendable, Hashable, Comparable, LosslessStringConvertible {
  public let date: JobDate
  public let number: Int
  /// The id as written.
  public let description: String

  public init(date: JobDate, number: Int) {
    self.date = date
    self.number = number
    let digits = String(number)
    description = "\(date.digits)-" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
  }

  /// The id of a job that another writer named.
  init(name: String, date: JobDate?, number: Int) {
    self.date = date ?? .first
    (self.number, description) = (number, name)
  }

  public init?(_ text: String) {
    guard let dash = text.utf8.firstIndex(of: UInt8(ascii: "-")) else { return nil }
    let digits = text[text.utf8.index(after: dash)...]
    guard let date = JobDate(digits: text[..<dash]), (3...15).contains(digits.utf8.count),
      digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(digits), number > 0
    else { return nil }
    self.date = date
    self.number = number
    description = text
  }

  public static func == (left: JobID, right: JobID) -> Bool { left.description == right.description }

  public func hash(into hasher: inout Hasher) { hasher.combine(description) }

  public static func < (left: JobID, right: JobID) -> Bool {
    (left.date, left.number, left.description) < (right.date, right.number, right.description)
  }
}
