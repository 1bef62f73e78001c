/// A point in time in whole milliseconds, as subtitle files write it.
struct Timecode: Sendable, Comparable, CustomStringConvertible {
  var milliseconds: Int

  init(milliseconds: Int) { self.milliseconds = milliseconds }

  /// Rounds; what is before the start, or no number, is the start.
  init(seconds: Double) {
    let limited = seconds.isFinite ? min(max(0, seconds), 359_999) : 0
    milliseconds = Int((limited * 1000).rounded())
  }

  /// SubRip's form: `00:01:02,345`.
  var srt: String { text(separator: ",") }

  /// WebVTT's form, and the one for people: `00:01:02.345`.
  var description: String { text(separator: ".") }

  static func < (left: Timecode, right: Timecode) -> Bool { left.milliseconds < right.milliseconds }

  private func text(separator: String) -> String {
    func padded(_ value: Int, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let seconds = milliseconds / 1000
    let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
    return parts.joined(separator: ":") + separator + padded(milliseconds % 1000, 3)
  }
}
