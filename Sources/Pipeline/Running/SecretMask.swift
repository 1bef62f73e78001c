internal import CLinux
internal import Jobs

/// Replaces secret values in a stream of bytes, also where a value comes in several pieces.
struct SecretMask {
  /// Longest first.
  private let secrets: [[UInt8]]
  private let longest: Int
  /// Bytes that may be the beginning of a secret, held until the next ones tell.
  private var held: [UInt8] = []

  /// - Parameter secrets: longest first, none empty.
  init(_ secrets: [String]) {
    self.secrets = secrets.map { Array($0.utf8) }
    longest = self.secrets.first?.count ?? 0
  }

  /// What can be said of the stream so far after `bytes`.
  mutating func mask(_ bytes: [UInt8]) -> [UInt8] {
    if secrets.isEmpty { return bytes }
    return scan(held.isEmpty ? bytes : held + bytes, isEnd: false)
  }

  /// The rest, at the end of the stream.
  mutating func finish() -> [UInt8] { held.isEmpty ? [] : scan(held, isEnd: true) }

  private mutating func scan(_ bytes: [UInt8], isEnd: Bool) -> [UInt8] {
    held = []
    var output: [UInt8] = []
    var index = 0
    while true {
      let undecided = isEnd ? nil : firstUndecided(bytes, from: index)
      let match = firstMatch(bytes, from: index)
      if let undecided, undecided <= match?.start ?? undecided {
        held = Array(bytes[undecided...])
        return output + bytes[index..<undecided]
      }
      guard let match else { return index == 0 ? bytes : output + bytes[index...] }
      output += bytes[index..<match.start]
      output += Secrets.mask.utf8
      index = match.end
    }
  }

  /// The first place where a secret stands whole; the longest one where several begin there.
  private func firstMatch(_ bytes: [UInt8], from index: Int) -> (start: Int, end: Int)? {
    var first: (start: Int, end: Int)?
    for secret in secrets {
      guard let start = find(secret, in: bytes, from: index), start < first?.start ?? .max else { continue }
      first = (start, start + secret.count)
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
func find(_ needle: [UInt8], in bytes: [UInt8], from index: Int = 0) -> Int? {
  bytes.withUnsafeBytes { buffer -> Int? in
    guard let base = buffer.baseAddress, index < buffer.count else { return nil }
    guard let found = memmem(base + index, buffer.count - index, needle, needle.count) else { return nil }
    return UnsafeRawPointer(found) - base
  }
}
