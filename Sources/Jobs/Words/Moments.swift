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
