/// Reads a duration as people write it: `200ms`, `45s`, `10m`, `1h30m`, `30d`, `2w`, `1y` (365 days), or bare
/// seconds.
///
/// - Returns: seconds, or `nil` for what is no duration.
public func parseDuration(_ text: String) -> Double? {
  if let seconds = Double(text), text.first?.isNumber == true { return plausible(seconds) }
  let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000]
  var total = 0.0
  var rest = text[...]
  while !rest.isEmpty {
    let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    rest = rest.dropFirst(digits.count)
    guard let amount = Double(digits) else { return nil }
    if rest.hasPrefix("ms") {
      rest = rest.dropFirst(2)
      total += amount / 1000
    } else {
      guard let unit = rest.popFirst(), let seconds = units[unit] else { return nil }
      total += amount * seconds
    }
  }
  return text.isEmpty ? nil : plausible(total)
}

/// Nobody means more than three hundred years.
private func plausible(_ seconds: Double) -> Double? { (0...1e10).contains(seconds) ? seconds : nil }

/// How long ago something was, for people: `just now`, `12 min ago`, `5 h ago`, `3 days ago`.
///
/// - Parameter seconds: since then; what is to come is just now, as clocks differ.
public func describeAge(_ seconds: Double) -> String {
  switch Int(min(max(0, seconds), 1e15)) {
  case ..<60: return "just now"
  case let whole where whole < 3600: return "\(whole / 60) min ago"
  case let whole where whole < 172_800: return "\(whole / 3600) h ago"
  case let whole: return "\(whole / 86_400) days ago"
  }
}

/// A duration for people: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 05 min`.
public func describeDuration(_ seconds: Double) -> String {
  if seconds < 9.95 {
    let tenths = Int((max(0, seconds) * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) s"
  }
  let whole = Int(min(seconds, 1e15).rounded())
  func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
  switch whole {
  case ..<60: return "\(whole) s"
  case ..<3600: return "\(whole / 60) min \(two(whole % 60)) s"
  default: return "\(whole / 3600) h \(two(whole / 60 % 60)) min"
  }
}
