/// Random numbers that come out the same on every run: Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014.
struct Randomness: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// So many hexadecimal digits.
  mutating func hexadecimal(_ count: Int) -> String {
    var digits: [UInt8] = []
    digits.reserveCapacity(count + 16)
    while digits.count < count {
      var bits = next()
      for _ in 0..<16 {
        let digit = UInt8(bits & 15)
        digits.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        bits >>= 4
      }
    }
    return String(decoding: digits[..<count], as: UTF8.self)
  }

  mutating func between(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * Double(next() >> 11) / Double(1 << 53)
  }

  mutating func one(of choices: [String]) -> String { choices[Int(next() % UInt64(choices.count))] }
}
