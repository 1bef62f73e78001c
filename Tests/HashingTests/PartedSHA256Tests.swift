import TestSupport
import Testing

@testable import Hashing

struct `SHA-256 of a whole and its parts` {
  /// Pieces of all lengths, some in parts, against libcrypto one by one.
  private func check(_ hash: consuming PartedSHA256, seed: UInt64, aligned: Bool) {
    var random = SplitMix64(seed: seed)
    var whole: [UInt8] = []
    for _ in 0..<40 {
      let gap = Self.bytes(
        aligned ? 512 * Int.random(in: 0...3, using: &random) : Int.random(in: 0...200, using: &random), &random)
      gap.withUnsafeBytes { hash.update($0) }
      whole += gap
      var part: [UInt8] = []
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let piece = Self.bytes(Int.random(in: 0...1000, using: &random), &random)
        piece.withUnsafeBytes { hash.updatePart($0) }
        part += piece
      }
      whole += part
      #expect(hash.finishPart().hexadecimal == SHA256.hex(of: part))
      if aligned {
        let padding = [UInt8](repeating: 0, count: (512 - part.count % 512) % 512)
        padding.withUnsafeBytes { hash.update($0) }
        whole += padding
      }
      #expect(hash.digest.hexadecimal == SHA256.hex(of: whole))
    }
  }

  private static func bytes(_ count: Int, _ random: inout SplitMix64) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  @Test(arguments: [1, 2, 3], [true, false]) func `is what libcrypto says of each`(seed: UInt64, aligned: Bool) {
    check(PartedSHA256(), seed: seed, aligned: aligned)
    check(PartedSHA256(separate: ()), seed: seed, aligned: aligned)
  }
}
