/// How a lane was used over the time of a batch.
public struct LaneUse: Sendable, Equatable {
  /// `nil` for stages whose record names no lane.
  public var name: String?
  /// How many stages it runs at once; `nil` where the record does not tell.
  public var slots: Int?
  /// Of all its stages together.
  public var busySeconds = 0.0
  /// What stages waited for it, together.
  public var waitedSeconds = 0.0
  /// The part of the lane's time in which it worked, from 0 to 1; `nil` without slots.
  public var share: Double?
  /// How many stages ran, on average, in each of as many equal parts of the batch's time as there are values.
  public var running: [Double] = []
  /// How many waited for it, likewise.
  public var waiting: [Double] = []

  /// Reckons over the jobs: lanes that are declared come first, by name.
  static func all(of jobs: [ReportedJob], slots: [String: Int], wallSeconds: Double, parts: Int = 240) -> [LaneUse] {
    var lanes: [String?: LaneUse] = [:]
    for (name, count) in slots { lanes[name] = LaneUse(name: name, slots: count, parts: parts) }
    for job in jobs {
      for span in job.stages {
        var lane = lanes.removeValue(forKey: span.lane) ?? LaneUse(name: span.lane, slots: nil, parts: parts)
        lane.add(span, wallSeconds: wallSeconds)
        lanes[span.lane] = lane
      }
    }
    return lanes.values.map { lane in
      var lane = lane
      let time = Double(lane.slots ?? 0) * wallSeconds
      if time > 0 { lane.share = min(1, lane.busySeconds / time) }
      return lane
    }.sorted { ($0.slots == nil ? 1 : 0, $0.name ?? "~") < ($1.slots == nil ? 1 : 0, $1.name ?? "~") }
  }

  private init(name: String?, slots: Int?, parts: Int) {
    (self.name, self.slots) = (name, slots)
    running = .init(repeating: 0, count: parts)
    waiting = running
  }

  private mutating func add(_ span: StageSpan, wallSeconds: Double) {
    busySeconds += span.durationSeconds
    waitedSeconds += span.waitedSeconds
    guard wallSeconds > 0 else { return }
    Self.spread(span.startSeconds, span.endSeconds ?? span.startSeconds, over: &running, wallSeconds)
    Self.spread(span.startSeconds - span.waitedSeconds, span.startSeconds, over: &waiting, wallSeconds)
  }

  /// Adds to each part of the time how much of it lies between two moments.
  private static func spread(_ start: Double, _ end: Double, over parts: inout [Double], _ wallSeconds: Double) {
    let width = wallSeconds / Double(parts.count)
    let (from, to) = (max(0, start) / width, min(wallSeconds, end) / width)
    guard from < to else { return }
    for part in Int(from)..<min(parts.count, Int(to.rounded(.up))) {
      parts[part] += min(to, Double(part + 1)) - max(from, Double(part))
    }
  }
}
