/// A way to deliver: blocking, with an end.
protocol Carrier: Sendable {
  var target: NoticeTarget { get }

  /// Makes one attempt.
  ///
  /// - Parameter limit: when it must be over; asked again and again, as it may come nearer.
  func deliver(_ event: NoticeEvent, until limit: () -> ContinuousClock.Instant) -> DeliveryAnswer
}

/// What became of an attempt. A reason holds no secret value.
enum DeliveryAnswer: Sendable, Equatable {
  case delivered
  /// The target says no to this event; it may be tried again a few times.
  case refused(String)
  /// It did not work this time.
  case failed(String)
  /// The target is not there, or asks for time, which other events will not get either.
  ///
  /// `after` is in seconds, where the target named a time.
  case unavailable(String, after: Double?)
}
