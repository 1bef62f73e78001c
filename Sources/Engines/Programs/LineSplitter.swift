/// Cuts a stream of bytes into lines, at newlines and at the carriage returns that progress bars use.
struct LineSplitter {
  /// Bytes after which a line is handed on though it has not ended.
  static let longestLine = 64 * 1024

  private var pending: [UInt8] = []

  /// The lines that `bytes` complete; empty ones are left out.
  mutating func lines(adding bytes: some Collection<UInt8>) -> [String] {
    var lines: [String] = []
    for byte in bytes {
      if byte == 0x0A || byte == 0x0D || pending.count >= Self.longestLine {
        if !pending.isEmpty { lines.append(String(decoding: pending, as: UTF8.self)) }
        pending.removeAll(keepingCapacity: true)
      }
      if byte != 0x0A && byte != 0x0D { pending.append(byte) }
    }
    return lines
  }

  /// The last line, when the stream ended without a newline.
  mutating func rest() -> String? {
    defer { pending = [] }
    return pending.isEmpty ? nil : String(decoding: pending, as: UTF8.self)
  }
}
