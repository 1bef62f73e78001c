/// Masks each line of bytes that come in pieces.
struct LineMask {
  private let line: ([UInt8]) -> [UInt8]
  private var held: [UInt8] = []

  /// Bytes of a line that is waited for; what is longer is no line of records.
  private static let longest = 4 << 20

  init(_ line: @escaping ([UInt8]) -> [UInt8]) { self.line = line }

  mutating func mask(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
    held += bytes
    let newline = UInt8(ascii: "\n")
    var end = held.lastIndex(of: newline).map { $0 + 1 } ?? 0
    if isLast || held.count - end > Self.longest { end = held.count }
    var masked: [UInt8] = []
    for (number, part) in held[..<end].split(separator: newline, omittingEmptySubsequences: false).enumerated() {
      if number > 0 { masked.append(newline) }
      masked += line(Array(part))
    }
    held.removeFirst(end)
    return masked
  }
}
