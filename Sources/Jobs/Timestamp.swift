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
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  /// Reads the documented form, with or without a fraction, as local time; a zone at the end is honoured.
  public init?(_ text: String) { self.init(text, offset: "") }

  /// - Parameter offset: what stands for the zone where the text has none at its end.
  private init?(_ text: String, offset: Substring) {
    let bytes = text.utf8
    guard let moment = Self.microseconds(of: bytes.span, offset: offset) else { return nil }
    microseconds = moment
  }

  private static func microseconds(of text: Span<UInt8>, offset: Substring) -> Int64? {
    var place = 0
    guard let year = number(text, &place, 4), skip("-", text, &place), let month = number(text, &place, 2),
      skip("-", text, &place), let day = number(text, &place, 2), JobDate(year: year, month: month, day: day) != nil,
      skip("T", text, &place) || skip(" ", text, &place), let hour = number(text, &place, 2), hour < 24,
      skip(":", text, &place), let minute = number(text, &place, 2), minute < 60,
      skip(":", text, &place), let second = number(text, &place, 2), second <= 60
    else { return nil }
    var fraction: Int64 = 0
    if skip(".", text, &place) {
      let first = place
      while place < text.count, isDigit(text[place]) { place += 1 }
      guard place > first else { return nil }
      for index in first..<first + 6 { fraction = fraction * 10 + (index < place ? Int64(text[index] - 0x30) : 0) }
    }
    var parts = unsafe tm()
    unsafe (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(year) - 1900, Int32(month) - 1, Int32(day))
    unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec, parts.tm_isdst) = (Int32(hour), Int32(minute), Int32(second), -1)
    let seconds: Int
    if place < text.count {
      guard let ahead = zoneOffset(text, from: place) else { return nil }
      seconds = unsafe timegm(&parts) - ahead
    } else if let ahead = zoneOffset(offset) {
      seconds = unsafe timegm(&parts) - ahead
    } else {
      seconds = unsafe universal(ofLocal: &parts)
    }
    return Int64(seconds) * 1_000_000 + fraction
  }

  /// Seconds since 1970 of what a local clock shows; of an hour that it shows twice, of the first.
  ///
  /// Only for what it never shows is the C library asked, which looks at the zone's file each time, and takes the first or the
  /// second by what it was asked before.
  private static func universal(ofLocal parts: inout tm) -> Int {
    var shown = unsafe parts
    let seconds = unsafe timegm(&shown)
    let (before, after) = (offset(at: seconds - 86_400), offset(at: seconds + 86_400))
    if before == after || offset(at: seconds - before) == before { return seconds - before }
    return unsafe offset(at: seconds - after) == after ? seconds - after : mktime(&parts)
  }

  /// Seconds that the local clock is ahead of Greenwich's at a moment.
  private static func offset(at seconds: time_t) -> Int {
    var seconds = seconds
    var parts = unsafe tm()
    unsafe localtime_r(&seconds, &parts)
    return unsafe parts.tm_gmtoff
  }

  /// Reads the documented form as local to the zone that the same document names.
  ///
  /// - Parameter zone: as ``timezone`` writes it, of which the offset at its end counts; without one the form is local here.
  public init?(_ text: String, in zone: String?) {
    let zone = (zone ?? "")[...]
    let name = zone.utf8.lastIndex(of: UInt8(ascii: " "))
    self.init(text, offset: name.map { zone[zone.utf8.index(after: $0)...] } ?? zone)
  }

  /// The zone of a document's times, where its maker's clock was another than the reader's.
  ///
  /// Where it was the same, times are read as local here: they then follow that clock's summers and winters, which an offset
  /// does not.
  ///
  /// - Parameter made: when the document was made, as it says; its zone had this offset then.
  public static func foreignZone(_ zone: String?, made: String?) -> String? {
    zone == nil ? nil : foreignZone(zone, madeAt: made.flatMap { Timestamp($0, in: zone) })
  }

  /// - Parameter made: when the document was made, as read by its zone.
  package static func foreignZone(_ zone: String?, madeAt made: Timestamp?) -> String? {
    guard let zone, let made, made.timezone != zone else { return nil }
    return zone
  }

  /// Seconds east of Greenwich: `Z`, `+05:30`, `+0530`, `+05`; `nil` where it is none of them.
  private static func zoneOffset(_ text: Substring) -> Int? {
    let bytes = text.utf8
    return zoneOffset(bytes.span, from: 0)
  }

  private static func zoneOffset(_ text: Span<UInt8>, from start: Int) -> Int? {
    var place = start
    if skip("Z", text, &place) { return place == text.count ? 0 : nil }
    let isWest = skip("-", text, &place)
    guard isWest || skip("+", text, &place), let hours = number(text, &place, 2), hours < 24 else { return nil }
    let hasMinutes = skip(":", text, &place) || place < text.count
    guard let minutes = hasMinutes ? number(text, &place, 2) : 0, minutes < 60, place == text.count else { return nil }
    return (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
  }

  private static func number(_ text: Span<UInt8>, _ place: inout Int, _ width: Int) -> Int? {
    guard place + width <= text.count else { return nil }
    var number = 0
    for _ in 0..<width {
      guard isDigit(text[place]) else { return nil }
      number = number * 10 + Int(text[place] - 0x30)
      place += 1
    }
    return number
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  private static func skip(_ character: Unicode.Scalar, _ text: Span<UInt8>, _ place: inout Int) -> Bool {
    guard place < text.count, text[place] == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  /// The documented form, in the local zone.
  public var text: String { format("%Y-%m-%dT%H:%M:%S") + "." + Self.padded(fraction, 6) }

  /// The local zone and its offset at this moment: `IST +05:30`, or `+05:30` where the zone has no name of letters.
  public var timezone: String {
    var parts = unsafe local
    let minutes = unsafe abs(parts.tm_gmtoff) / 60
    let sign = unsafe parts.tm_gmtoff < 0 ? "-" : "+"
    let name = unsafe withUnsafeMutablePointer(to: &parts) { unsafe String(cString: $0.pointee.tm_zone) }
    let offset = "\(sign)\(Self.padded(minutes / 60, 2)):\(Self.padded(minutes % 60, 2))"
    let isOfLetters = name.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) }
    return isOfLetters ? "\(name) \(offset)" : offset
  }

  /// The day that a local calendar shows.
  var localDay: (year: Int, month: Int, day: Int) {
    let parts = unsafe local
    return unsafe (Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday))
  }

  /// `strftime` in the local zone.
  public func format(_ format: String) -> String {
    unsafe Self.formatted(local, format)
  }

  private static func formatted(_ parts: tm, _ format: String) -> String {
    var parts = unsafe parts
    return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      let count = unsafe buffer.baseAddress.map { unsafe strftime($0, buffer.count, format, &parts) } ?? 0
      return unsafe String(decoding: UnsafeRawBufferPointer(buffer)[..<count], as: UTF8.self)
    }
  }

  /// The second in universal time: `2025-10-30T15:44:30`.
  public var universal: String {
    var seconds = time_t((microseconds - fraction) / 1_000_000)
    var parts = unsafe tm()
    unsafe gmtime_r(&seconds, &parts)
    return unsafe Self.formatted(parts, "%Y-%m-%dT%H:%M:%S")
  }

  /// Seconds from `earlier` to this moment.
  public func seconds(since earlier: Timestamp) -> Double {
    Double(microseconds - earlier.microseconds) / 1_000_000
  }

  public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

  private var fraction: Int64 { ((microseconds % 1_000_000) + 1_000_000) % 1_000_000 }

  private var local: tm {
    var seconds = time_t((microseconds - fraction) / 1_000_000)
    var parts = unsafe tm()
    unsafe localtime_r(&seconds, &parts)
    return unsafe parts
  }

  private static func padded(_ value: some BinaryInteger, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
