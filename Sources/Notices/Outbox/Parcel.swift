internal import Jobs

/// An event on its way to one target, with what became of it so far.
struct Parcel: Sendable, Equatable {
  let event: NoticeEvent
  let target: NoticeTarget
  /// Microseconds since 1970.
  let created: Int64
  /// Attempts so far.
  var tries = 0
  /// Attempts that the target answered with a no.
  var refusals = 0
  var lastTry: Timestamp?
  var lastError: String?

  init(_ event: NoticeEvent, to target: NoticeTarget) {
    (self.event, self.target, created) = (event, target, Timestamp.now.microseconds)
  }

  /// - Returns: `nil` for what is no parcel's document.
  init?(_ document: JSON) {
    guard let event = document["event"], event["event_id"]?.string?.isEmpty == false,
      let target = document["target"]?.string.flatMap(NoticeTarget.init(rawValue:)),
      let created = document["created_microseconds"]?.int
    else { return nil }
    (self.event, self.target, self.created) = (NoticeEvent(event), target, Int64(created))
    (tries, refusals) = (document["tries"]?.int ?? 0, document["refusals"]?.int ?? 0)
    lastTry = document["last_try_at"]?.string.flatMap { Timestamp($0) }
    lastError = document["last_error"]?.string
  }

  /// The file's name: one event is there once for a target.
  var name: String { "\(event.id).\(target.rawValue).json" }

  var document: JSON {
    [
      "target": .string(target.rawValue), "created_microseconds": .int(created), "tries": .int(tries),
      "refusals": .int(refusals), "last_try_at": .string(lastTry?.text), "last_error": .string(lastError),
      "event": event.document,
    ]
  }
}
