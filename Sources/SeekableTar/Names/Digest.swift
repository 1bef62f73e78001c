internal import Hashing

/// A SHA-256 digest.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  // Inline, not an array: there is one for each member.
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// - Parameter bytes: 32 of them.
  public init(_ bytes: some Collection<UInt8>) {
    precondition(bytes.count == SHA256.byteCount)
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    unsafe withUnsafeMutableBytes(of: &words) { unsafe $0.copyBytes(from: bytes) }
    self.words = (
      UInt64(bigEndian: words.0), UInt64(bigEndian: words.1), UInt64(bigEndian: words.2), UInt64(bigEndian: words.3)
    )
  }

  /// - Returns: `nil` when the text is not 64 hexadecimal digits.
  public init?(hex: some StringProtocol) {
    guard hex.utf8.count == 64 else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in hex.utf8 {
      guard let value = Character(Unicode.Scalar(digit)).hexDigitValue.map(UInt8.init) else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    self.init(bytes)
  }

  public var bytes: [UInt8] {
    let words = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
    return unsafe withUnsafeBytes(of: words) { unsafe Array($0) }
  }

  /// 64 lower-case hexadecimal digits.
  public var hex: String { bytes.hexadecimal }

  public var description: String { hex }

  public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

  public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
