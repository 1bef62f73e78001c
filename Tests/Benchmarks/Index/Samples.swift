internal import Jobs

/// Times of one thing done over and over, in milliseconds.
struct Samples {
  private static let longest = 3000.0
  private var values: [Double] = []

  /// Does it so many times, the first few for warmth alone; fewer where that takes long.
  init(_ count: Int, warmUp: Int = 5, _ body: (Int) throws -> Void) rethrows {
    for turn in 0..<warmUp { try body(turn) }
    var total = 0.0
    for turn in warmUp..<(count + warmUp) where total < Self.longest || values.count < 20 {
      values.append(try milliseconds { try body(turn) })
      total += values.last ?? 0
    }
    values.sort()
  }

  func percentile(_ part: Double) -> Double {
    values.isEmpty ? 0 : values[min(values.count - 1, Int((Double(values.count) * part).rounded(.up)) - 1)]
  }

  var document: JSON {
    ["p50_ms": .double(rounded(percentile(0.5))), "p99_ms": .double(rounded(percentile(0.99)))]
  }
}

/// How long something takes.
func milliseconds(_ body: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  return try clock.measure(body) / .milliseconds(1)
}

/// To a thousandth.
func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
