/// Random numbers that come out the same on every run: Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension SplitMix64 {
  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &self)]
  }

  mutating func upTo(_ count: Int) -> Int { Int.random(in: 0...count, using: &self) }

  /// `bytes` with some flipped, dropped, doubled or replaced by what parsers stumble over.
  mutating func damaged(_ bytes: [UInt8], with awkward: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...upTo(3) where !bytes.isEmpty {
      let index = Int.random(in: 0..<bytes.count, using: &self)
      switch upTo(4) {
      case 0: bytes[index] ^= 1 << UInt8(upTo(7))
      case 1: bytes.remove(at: index)
      case 2: bytes.insert(pick(awkward), at: index)
      case 3: bytes[index] = pick(awkward)
      default: bytes.replaceSubrange(index..., with: bytes[..<index].suffix(20))
      }
    }
    return bytes
  }
}
