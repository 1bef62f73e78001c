internal import Jobs

/// Replaces secret values in a stream of bytes, also where a value comes in several pieces.
struct SecretMask {
  private let secrets: [[UInt8]]
  private let firstBytes: Set<UInt8>
  /// Bytes that may be the beginning of a secret, held until the next ones tell.
  private var held: [UInt8] = []

  /// - Parameter secrets: longest first, none empty.
  init(_ secrets: [String]) {
    self.secrets = secrets.map { Array($0.utf8) }
    firstBytes = Set(self.secrets.map { $0[0] })
  }

  /// What can be said of the stream so far after `bytes`.
  mutating func mask(_ bytes: some Collection<UInt8>) -> [UInt8] {
    if secrets.isEmpty { return Array(bytes) }
    return scan(held + bytes, isEnd: false)
  }

  /// The rest, at the end of the stream or when nothing has come for a while.
  mutating func finish() -> [UInt8] {
    defer { held = [] }
    return scan(held, isEnd: true)
  }

  private mutating func scan(_ bytes: [UInt8], isEnd: Bool) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if firstBytes.contains(bytes[index]) {
        let rest = bytes[index...]
        if !isEnd, secrets.contains(where: { $0.count > rest.count && $0.starts(with: rest) }) {
          held = Array(rest)
          return output
        }
        if let secret = secrets.first(where: { rest.starts(with: $0) }) {
          output.append(contentsOf: Secrets.mask.utf8)
          index += secret.count
          continue
        }
      }
      output.append(bytes[index])
      index += 1
    }
    held = []
    return output
  }
}
