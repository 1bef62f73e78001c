internal import Jobs

/// Where the moments of a batch stand on a line.
struct TimeAxis {
  let started: Timestamp?
  let wallSeconds: Double

  struct Tick {
    /// From 0 to 1.
    var position: Double
    var label: String
  }

  /// The whole number of `units` that stands for an offset in seconds.
  func position(_ seconds: Double, of units: Int) -> Int {
    guard wallSeconds > 0 else { return 0 }
    return Int((min(max(0, seconds / wallSeconds), 1) * Double(units)).rounded())
  }

  /// Round times of day, ten at most, none too close to an end to be read.
  var ticks: [Tick] {
    guard let started, wallSeconds > 0 else { return [] }
    let steps: [Double] = [1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200]
    let step = steps.first { wallSeconds / $0 <= 10 } ?? (wallSeconds / 10 / 86_400).rounded(.up) * 86_400
    let clock = started.format("%H %M %S").split(separator: " ").compactMap { Double($0) }
    guard clock.count == 3 else { return [] }
    let sinceMidnight = clock[0] * 3600 + clock[1] * 60 + clock[2]
    let first = (sinceMidnight / step).rounded(.up) * step - sinceMidnight
    return stride(from: first, through: wallSeconds, by: step).compactMap { offset in
      let position = offset / wallSeconds
      guard (0.02...0.98).contains(position) else { return nil }
      let moment = Timestamp(microseconds: started.microseconds + Int64(offset * 1_000_000))
      let label = moment.format(step < 60 ? "%H:%M:%S" : step < 86_400 ? "%H:%M" : "%-d %b")
      return Tick(position: position, label: label)
    }
  }

  /// From when to when: `23:00–05:41`.
  var range: String {
    guard let started else { return "" }
    let end = Timestamp(microseconds: started.microseconds + Int64(min(wallSeconds, 1e9) * 1_000_000))
    let format = wallSeconds < 600 ? "%H:%M:%S" : wallSeconds < 86_400 ? "%H:%M" : "%-d %b %H:%M"
    return "\(started.format(format))–\(end.format(format))"
  }
}
