internal import CFiles

/// Replaces secret values in a stream of bytes, also where a value comes in several pieces, or begins in another.
public struct SecretMask: Sendable {
  /// Longest first.
  private let secrets: [[UInt8]]
  private let longest: Int
  /// Bytes that may be the beginning of a secret, held until the next ones tell.
  private var held: [UInt8] = []
  /// How many of those belong to a value that was masked: another one may begin within it.
  private var masked = 0

  /// - Parameter secrets: longest first, none empty.
  public init(_ secrets: [String]) {
    self.secrets = secrets.map { Array($0.utf8) }
    longest = self.secrets.first?.count ?? 0
  }

  /// What can be said of the stream so far after `bytes`.
  public mutating func mask(_ bytes: [UInt8]) -> [UInt8] {
    if secrets.isEmpty { return bytes }
    return scan(held.isEmpty ? bytes : held + bytes, isEnd: false)
  }

  /// The rest, at the end of the stream.
  public mutating func finish() -> [UInt8] { held.isEmpty ? [] : scan(held, isEnd: true) }

  private mutating func scan(_ bytes: [UInt8], isEnd: Bool) -> [UInt8] {
    var output: [UInt8] = []
    // What comes before that is said.
    var said = masked
    (held, masked) = ([], 0)
    var index = 0
    var undecided = isEnd ? nil : firstUndecided(bytes, from: 0)
    // Where each of the secrets comes next; none is looked for again before that place is passed.
    var places = secrets.map { firstPlace(of: $0, in: bytes) }
    while true {
      for (number, place) in places.enumerated() {
        if let place, place < index { places[number] = firstPlace(of: secrets[number], in: bytes, from: index) }
      }
      if let start = undecided, start < index { undecided = firstUndecided(bytes, from: index) }
      let match = firstMatch(places)
      if let undecided, undecided <= match?.start ?? undecided {
        (held, masked) = (Array(bytes[undecided...]), max(0, said - undecided))
        return said < undecided ? output + bytes[said..<undecided] : output
      }
      guard let match else { return said == 0 ? bytes : output + bytes[said...] }
      // One that begins within another goes under the same mask.
      if match.start >= said { output += bytes[said..<match.start] + Array(Secrets.mask.utf8) }
      said = max(said, match.end)
      index = match.start + 1
    }
  }

  /// The first place where a secret stands whole; the longest one where several begin there.
  private func firstMatch(_ places: [Int?]) -> (start: Int, end: Int)? {
    var first: (start: Int, end: Int)?
    for (number, place) in places.enumerated() {
      guard let place, place < first?.start ?? .max else { continue }
      first = (place, place + secrets[number].count)
    }
    return first
  }

  /// The first place near the end from where the rest may be the beginning of a secret.
  private func firstUndecided(_ bytes: [UInt8], from index: Int) -> Int? {
    (max(index, bytes.count - longest + 1)..<max(index, bytes.count)).first { start in
      let rest = bytes[start...]
      return secrets.contains { $0.count > rest.count && $0.starts(with: rest) }
    }
  }
}

/// The first place of `needle` in `bytes` at or after `index`.
package func firstPlace(of needle: [UInt8], in bytes: [UInt8], from index: Int = 0) -> Int? {
  unsafe bytes.withUnsafeBytes { buffer -> Int? in
    guard let base = buffer.baseAddress, index < buffer.count else { return nil }
    guard let found = unsafe memmem(base + index, buffer.count - index, needle, needle.count) else { return nil }
    return unsafe UnsafeRawPointer(found) - base
  }
}
