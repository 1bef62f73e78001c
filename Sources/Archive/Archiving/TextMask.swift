internal import Jobs

/// Masks secrets, and the passwords of URLs, in text that comes in pieces.
struct TextMask {
  private var mask: SecretMask
  /// What comes after the last place where no URL can go on.
  private var held: [UInt8] = []

  init(_ secrets: [String]) { mask = SecretMask(secrets) }

  mutating func mask(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
    held += bytes
    let end =
      isLast ? held.count : held.lastIndex { $0 <= 0x20 || $0 == UInt8(ascii: "\"") }.map { $0 + 1 } ?? held.count
    let whole = Secrets.maskedURLs(Array(held[..<end]))
    held.removeFirst(end)
    return isLast ? mask.mask(whole) + mask.finish() : mask.mask(whole)
  }
}
