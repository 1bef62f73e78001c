internal import Hashing

/// The entries of a plan that are done, with the hashes of what was written to each, in little memory: there may be a
/// hundred thousand.
struct DoneTrees: Sendable {
  /// Which of the digests are an entry's.
  private var places: [Int: Int32] = [:]
  /// Those of the three documents of each, one behind the other; zeros for a document that has none.
  private var digests: [UInt8] = []

  private static let documents = ["manifest.json", "job.env", "job_info.json"]
  private static let length = 32

  var count: Int { places.count }
  var isEmpty: Bool { places.isEmpty }

  /// - Parameter count: of how many entries room is made for.
  mutating func reserve(_ count: Int) {
    places.reserveCapacity(count)
    digests.reserveCapacity(count * Self.documents.count * Self.length)
  }

  subscript(entry: Int) -> WrittenHashes? {
    get {
      guard let place = places[entry] else { return nil }
      var hashes = WrittenHashes()
      for (number, name) in Self.documents.enumerated() {
        let digest = digests[((Int(place) * Self.documents.count + number) * Self.length)...].prefix(Self.length)
        if digest.contains(where: { $0 != 0 }) { hashes[name] = Array(digest).hexadecimal }
      }
      return hashes
    }
    set {
      guard let hashes = newValue else {
        places[entry] = nil
        return
      }
      places[entry] = Int32(digests.count / (Self.documents.count * Self.length))
      for name in Self.documents { digests += Self.digest(hashes[name]) }
    }
  }

  /// The bytes that hexadecimal digits stand for; zeros for a text that is no digest.
  private static func digest(_ text: String?) -> [UInt8] {
    let digits = (text ?? "").utf8.compactMap { value(ofDigit: $0) }
    guard digits.count == 2 * length else { return [UInt8](repeating: 0, count: length) }
    return (0..<length).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
  }

  private static func value(ofDigit digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x57
    default: nil
    }
  }
}
