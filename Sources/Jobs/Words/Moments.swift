/// A moment as an admin names it: a date `2025-10-30`, a date and time, `today`, `yesterday`, or how long ago: `7d`.
///
/// - Parameter now: what `today` and durations are reckoned from.
/// - Returns: the moment, or `nil` for what names none.
public func parseMoment(_ text: String, now: Timestamp = .now) -> Timestamp? {
  let today = now.format("%Y-%m-%d")
  switch text {
  case "now": return now
  case "today": return Timestamp(today + "T00:00:00")
  case "yesterday":
    // From noon, so that a day of 23 or 25 hours is one day all the same.
    return Timestamp(today + "T12:00:00").flatMap { noon in
      Timestamp(Timestamp(microseconds: noon.microseconds - 86_400_000_000).format("%Y-%m-%d") + "T00:00:00")
    }
  default: break
  }
  if let moment = Timestamp(text) ?? Timestamp(text + "T00:00:00") ?? Timestamp(text + ":00") { return moment }
  guard text.contains(where: \.isLetter), let seconds = parseDuration(text), seconds < 1e10 else { return nil }
  return Timestamp(microseconds: now.microseconds - Int64(seconds * 1_000_000))
}

/// A moment to come, as an admin names it: a time of day `06:00`, which is today's or tomorrow's, a date and time, or how
/// long from now: `8h`.
///
/// - Returns: the moment, or `nil` for what names none.
public func parseDeadline(_ text: String, now: Timestamp = .now) -> Timestamp? {
  let parts = text.split(separator: ":", omittingEmptySubsequences: false)
  if parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) && $0.allSatisfy { $0.isASCII && $0.isNumber } }) {
    let clock = parts.map { $0.count == 1 ? "0" + $0 : String($0) }.joined(separator: ":")
    func next(_ day: Timestamp) -> Timestamp? { Timestamp("\(day.format("%Y-%m-%d"))T\(clock):00") }
    guard let today = next(now) else { return nil }
    if today > now { return today }
    // From noon, so that a day of 23 or 25 hours is one day all the same.
    return Timestamp(now.format("%Y-%m-%d") + "T12:00:00").flatMap {
      next(Timestamp(microseconds: $0.microseconds + 86_400_000_000))
    }
  }
  if let moment = Timestamp(text) ?? Timestamp(text + ":00") { return moment }
  guard text.contains(where: \.isLetter), let seconds = parseDuration(text), seconds < 1e9 else { return nil }
  return Timestamp(microseconds: now.microseconds + Int64(seconds * 1_000_000))
}
