/// The tar's last member: what `sha256sum -c` reads. Each line is made when it is wanted: there is one for every file.
///
/// It is read in order, from the first byte to the last.
struct HashList: MemberContent {
  private final class State {
    var next = 0
    /// What is made, and was not taken yet.
    var line: [UInt8] = []
    var taken = 0
  }

  /// Bytes.
  let size: Int
  private let count: Int
  /// A member's path and hash; `nil` for what has none.
  private let entry: (Int) -> (MemberPath, Digest)?
  private let state = State()

  /// - Parameters:
  ///   - count: of the members.
  ///   - entry: called twice for each, in order.
  init(count: Int, entry: @escaping (Int) -> (MemberPath, Digest)?) {
    (self.count, self.entry) = (count, entry)
    size = (0..<count).reduce(0) { $0 + (entry($1).map { Self.size(of: $0.0) } ?? 0) }
  }

  func read(at offset: Int, into buffer: PageBuffer, _ range: Range<Int>) {
    var place = range.lowerBound
    while place < range.upperBound {
      if state.taken == state.line.count {
        state.line.removeAll(keepingCapacity: true)
        state.taken = 0
        if let (path, digest) = entry(state.next) { Self.append(digest, path, to: &state.line) }
        state.next += 1
        continue
      }
      let piece = state.line[state.taken...].prefix(range.upperBound - place)
      buffer.copy(piece, at: place)
      state.taken += piece.count
      place += piece.count
    }
  }

  func finish() {}

  /// Bytes of a name that are written as two.
  private static func isEscaped(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
  }

  private static func size(of path: MemberPath) -> Int {
    let escaped = path.bytes.count(where: isEscaped)
    return (escaped > 0 ? 1 : 0) + 64 + 2 + path.bytes.count + escaped + 1
  }

  /// A line, as coreutils writes it: with a backslash before it when the name has one, or an end of line, in it.
  private static func append(_ digest: Digest, _ path: MemberPath, to line: inout [UInt8]) {
    if path.bytes.contains(where: isEscaped) { line.append(UInt8(ascii: "\\")) }
    line += digest.hex.utf8
    line += "  ".utf8
    for byte in path.bytes {
      switch byte {
      case UInt8(ascii: "\\"): line += "\\\\".utf8
      case UInt8(ascii: "\n"): line += "\\n".utf8
      case UInt8(ascii: "\r"): line += "\\r".utf8
      default: line.append(byte)
      }
    }
    line.append(UInt8(ascii: "\n"))
  }
}
