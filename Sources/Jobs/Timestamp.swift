#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// A moment as the documents of a job write it: local time, microseconds, no zone (`2025-10-30T15:44:30.123456`).
public struct Timestamp: Sendable, Equatable, Comparable {
  /// Microseconds since 1970-01-01 00:00 UTC.
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  /// Reads the documented form, with or without a fraction, as local time; a zone at the end is honoured.
  public init?(_ text: String) {
    let fields = text.split(whereSeparator: { !$0.isASCII || !$0.isNumber }).prefix(7).map(String.init)
    guard fields.count >= 6, fields[0].count == 4, let year = Int32(fields[0]), let month = Int32(fields[1]),
      let day = Int32(fields[2]), let hour = Int32(fields[3]), let minute = Int32(fields[4]),
      let second = Int32(fields[5]), (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, month - 1, day)
    (parts.tm_hour, parts.tm_min, parts.tm_sec, parts.tm_isdst) = (hour, minute, second, -1)
    let clock = text.dropFirst(19)
    let zone = clock.first == "." ? clock.dropFirst().drop(while: \.isNumber) : clock
    var fraction: Int64 = 0
    if clock.first == "." {
      let digits = clock.dropFirst().prefix(while: \.isNumber).prefix(6)
      fraction = Int64(digits + repeatElement("0", count: 6 - digits.count)) ?? 0
    }
    let seconds: Int
    if let offset = Self.zoneOffset(zone) {
      seconds = timegm(&parts) - offset
    } else {
      seconds = mktime(&parts)
    }
    microseconds = Int64(seconds) * 1_000_000 + fraction
  }

  private static func zoneOffset(_ zone: Substring) -> Int? {
    if zone == "Z" { return 0 }
    guard let sign = zone.first, sign == "+" || sign == "-" else { return nil }
    let digits = zone.dropFirst().filter(\.isNumber)
    guard digits.count == 4, let hours = Int(digits.prefix(2)), let minutes = Int(digits.suffix(2)) else { return nil }
    return (hours * 3600 + minutes * 60) * (sign == "-" ? -1 : 1)
  }

  /// The documented form, in the local zone.
  public var text: String { format("%Y-%m-%dT%H:%M:%S") + "." + Self.padded(fraction, 6) }

  /// The local zone and its offset at this moment: `IST +05:30`.
  public var timezone: String {
    var parts = local
    let minutes = abs(parts.tm_gmtoff) / 60
    let sign = parts.tm_gmtoff < 0 ? "-" : "+"
    let name = withUnsafeMutablePointer(to: &parts) { String(cString: $0.pointee.tm_zone) }
    return "\(name) \(sign)\(Self.padded(minutes / 60, 2)):\(Self.padded(minutes % 60, 2))"
  }

  /// `strftime` in the local zone.
  public func format(_ format: String) -> String {
    var parts = local
    var buffer = [CChar](repeating: 0, count: 128)
    let count = strftime(&buffer, buffer.count, format, &parts)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Seconds from `earlier` to this moment.
  public func seconds(since earlier: Timestamp) -> Double {
    Double(microseconds - earlier.microseconds) / 1_000_000
  }

  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

  private var fraction: Int64 { ((microseconds % 1_000_000) + 1_000_000) % 1_000_000 }

  private var local: tm {
    var seconds = time_t((microseconds - fraction) / 1_000_000)
    var parts = tm()
    localtime_r(&seconds, &parts)
    return parts
  }

  private static func padded(_ value: some BinaryInteger, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
