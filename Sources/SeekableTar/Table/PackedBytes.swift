/// Numbers and texts one after another, in as few bytes as they need.
struct PackedBytes {
  private(set) var bytes: [UInt8] = []

  /// Seven bits a byte, the lowest first (LEB128).
  mutating func add(_ number: some BinaryInteger) {
    var rest = UInt64(number)
    while rest > 0x7F {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Numbers below 0, too: 0, -1, 1, -2 … become 0, 1, 2, 3 …
  mutating func addSigned(_ number: Int64) { add(UInt64(bitPattern: number << 1 ^ number >> 63)) }

  mutating func add(_ text: some Collection<UInt8>) {
    add(text.count)
    bytes += text
  }

  mutating func add(_ digest: Digest) { bytes += digest.bytes }

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }
}

/// Reads what ``PackedBytes`` made; bytes of unknown origin never lead it out of them.
struct PackedReader {
  struct Flaw: Error {
    /// Whether the bytes tell of more than there may be.
    var isExcess = false
  }

  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { place == bytes.count }
  private var left: Int { bytes.count - place }

  mutating func number(atMost limit: UInt64 = UInt64(Int.max)) throws(Flaw) -> Int {
    let value = try unsigned()
    guard value <= limit, let number = Int(exactly: value) else { throw Flaw() }
    return number
  }

  mutating func signed() throws(Flaw) -> Int64 {
    let value = try unsigned()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// How many things follow, each of which takes a byte at least.
  mutating func count() throws(Flaw) -> Int { try number(atMost: UInt64(left)) }

  /// The same, where no more than so many may be.
  mutating func count(atMost limit: Int) throws(Flaw) -> Int {
    let count = try count()
    if count > limit { throw Flaw(isExcess: true) }
    return count
  }

  mutating func text() throws(Flaw) -> ArraySlice<UInt8> {
    let count = try count()
    return try take(count)
  }

  mutating func string() throws(Flaw) -> String {
    guard let string = String(validating: try text(), as: UTF8.self) else { throw Flaw() }
    return string
  }

  mutating func digest() throws(Flaw) -> Digest { Digest(try take(32)) }

  private mutating func take(_ count: Int) throws(Flaw) -> ArraySlice<UInt8> {
    guard count <= left else { throw Flaw() }
    defer { place += count }
    return bytes[place..<place + count]
  }

  private mutating func unsigned() throws(Flaw) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      guard place < bytes.count else { throw Flaw() }
      let byte = bytes[place]
      place += 1
      if shift == 63, byte > 1 { throw Flaw() }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw Flaw()
  }
}
