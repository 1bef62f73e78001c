/// A number of bytes for people: `734 B`, `1.2 MB`, `35 GB`.
public func describeSize(_ bytes: Int) -> String {
  let units = ["kB", "MB", "GB", "TB", "PB", "EB"]
  guard bytes >= 1000 else { return "\(bytes) B" }
  var value = Double(bytes) / 1000
  var unit = 0
  while value >= 999.5, unit < units.count - 1 {
    value /= 1000
    unit += 1
  }
  if value >= 9.95 { return "\(Int(value.rounded())) \(units[unit])" }
  let tenths = Int((value * 10).rounded())
  return "\(tenths / 10).\(tenths % 10) \(units[unit])"
}

/// Reads a size as people write it: `20G`, `1.5GB`, `512MiB`, or bare bytes. K, M, G and T are powers of 1000, Ki, Mi, Gi and
/// Ti of 1024.
///
/// - Returns: bytes, or `nil` for what is no size.
public func parseSize(_ text: String) -> Int? {
  let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
  guard let amount = Double(digits) else { return nil }
  var unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()[...]
  if unit.hasSuffix("b") { unit.removeLast() }
  let isBinary = unit.hasSuffix("i")
  if isBinary { unit.removeLast() }
  let units: [Substring] = isBinary ? ["k", "m", "g", "t"] : ["", "k", "m", "g", "t"]
  guard let power = units.firstIndex(of: unit).map({ isBinary ? $0 + 1 : $0 }) else { return nil }
  let bytes = (0..<power).reduce(amount) { value, _ in value * (isBinary ? 1024 : 1000) }
  return bytes < 9e18 ? Int(bytes) : nil
}
