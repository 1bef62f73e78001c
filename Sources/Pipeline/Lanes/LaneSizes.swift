internal import Jobs

/// Reads a lane's size as it is typed: `gpu=1`.
///
/// - Throws: ``JobError`` with code `usage`.
public func laneSize(_ text: String) throws -> (lane: String, places: Int) {
  let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
  guard parts.count == 2, let places = Int(parts[1]), (1...1000).contains(places), isPlainName(parts[0]) else {
    throw JobError(.usage, text, "is no size of a lane", remedy: "Expected LANE=PLACES, as in: --lane gpu=1")
  }
  return (parts[0], places)
}

/// Whether a name is one of letters, digits, `_` and `-`, so that it can name a file too.
func isPlainName(_ name: String) -> Bool {
  !name.isEmpty && name.utf8.count <= 100
    && name.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}
