extension SplitMix64 {
  public mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &self)]
  }

  /// A number from 0 to `count`.
  public mutating func upTo(_ count: Int) -> Int { Int.random(in: 0...count, using: &self) }

  /// `bytes` with some flipped, dropped, doubled or replaced by what parsers stumble over.
  public mutating func damaged(_ bytes: [UInt8], with awkward: [UInt8]) -> [UInt8] {
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
