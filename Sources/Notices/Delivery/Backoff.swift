/// How long to wait for the next attempt: twice as long each time, up to five minutes.
struct Backoff: Sendable, Equatable {
  /// Seconds.
  static let first = 1.0
  static let longest = 300.0
  /// However long a target asks us to stay away.
  static let longestAsked = 3600.0

  private var next = first

  /// - Parameter asked: seconds for which the target wants to be left alone.
  mutating func delay(asked: Double? = nil) -> Duration {
    defer { next = min(next * 2, Self.longest) }
    return .seconds(max(next, min(asked ?? 0, Self.longestAsked)))
  }
}
