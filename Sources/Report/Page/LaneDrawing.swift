internal import Jobs

/// How full a lane was in the course of a batch, as SVG 960 wide: what ran below, what waited above.
struct LaneDrawing {
  static let width = 960
  private static let busyHeight = 40.0
  private static let waitHeight = 16.0

  let lane: LaneUse

  private var mostWaiting: Double { lane.waiting.max() ?? 0 }
  private var hasWaits: Bool { mostWaiting > 0.01 }

  var height: Int { Int(Self.busyHeight + (hasWaits ? Self.waitHeight + 4 : 0)) }

  /// The area of what ran.
  var busy: String {
    let most = max(Double(lane.slots ?? 0), lane.running.max() ?? 0, 1)
    return area(lane.running, most: most, height: Self.busyHeight, bottom: Double(height))
  }

  /// The area of what waited; `nil` where nothing did.
  var wait: String? {
    hasWaits ? area(lane.waiting, most: max(1, mostWaiting), height: Self.waitHeight, bottom: Self.waitHeight) : nil
  }

  /// `2 slots, 81 % busy, up to 7 waiting, 3 h 20 min in all`.
  var summary: String {
    var parts: [String] = []
    if let slots = lane.slots { parts.append(slots == 1 ? "1 slot" : "\(slots) slots") }
    if let share = lane.share {
      parts.append("\(Int((share * 100).rounded())) % busy")
    } else {
      parts.append("\(describeDuration(lane.busySeconds)) of work")
    }
    if hasWaits {
      let most = Int(mostWaiting.rounded(.up))
      parts.append("up to \(most) waiting, \(describeDuration(lane.waitedSeconds)) in all")
    }
    return parts.joined(separator: ", ")
  }

  private func area(_ values: [Double], most: Double, height: Double, bottom: Double) -> String {
    let step = Self.width / max(1, values.count)
    let base = Self.tenths(bottom)
    var path = "M0 \(base)"
    var last = base
    for (index, value) in values.enumerated() {
      let level = Self.tenths(bottom - min(1, value / most) * height)
      if level == last { continue }
      path += "H\(index * step)V\(level)"
      last = level
    }
    return path + "H\(values.count * step)V\(base)z"
  }

  private static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}
