extension Sequence<UInt8> {
  /// FNV-1a, which is the same in every process.
  @inlinable
  public var fnv: UInt64 { reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }
}
