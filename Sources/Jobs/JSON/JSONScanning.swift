/// The bytes of a JSON text, gone over without anything being made of them: eight at a time where nothing is special.
///
/// Whoever makes one answers for it that the bytes stay as long as it is used.
@safe
struct JSONScanning {
  private let bytes: UnsafeBufferPointer<UInt8>
  let count: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    unsafe self.bytes = bytes
    count = bytes.count
  }

  /// Compared with ``count`` by who asks, once for many; a debug build compares each.
  subscript(index: Int) -> UInt8 { unsafe bytes[index] }

  subscript(range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return unsafe UnsafeBufferPointer(rebasing: bytes[range])
  }

  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  private func word(at index: Int) -> UInt64? {
    guard index + 8 <= count else { return nil }
    return unsafe UInt64(
      littleEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: index, as: UInt64.self))
  }

  /// The first place from `start` on where no space is.
  func endOfSpace(from start: Int) -> Int {
    var index = start
    while index < count {
      switch self[index] {
      case 0x20:
        index += 1
        // Indentation.
        while let word = word(at: index), word == Self.ones &* 0x20 { index += 8 }
      case 0x0A, 0x0D, 0x09: index += 1
      default: return index
      }
    }
    return index
  }

  /// The place of the quote that ends a string whose inside begins at `start`, and whether that inside is ASCII without
  /// escapes; `nil` where the text ends first.
  func endOfString(from start: Int) -> (quote: Int, isPlain: Bool)? {
    var index = start
    var isPlain = true
    while index < count {
      if let word = word(at: index) {
        let quote = word ^ (Self.ones &* 0x22)
        let backslash = word ^ (Self.ones &* 0x5C)
        // The lowest bit that is set is right; those above it may be set by borrowing.
        let ends = ((quote &- Self.ones) & ~quote | (backslash &- Self.ones) & ~backslash) & Self.highBits
        let special = isPlain ? ends | word & Self.highBits : ends
        index += special == 0 ? 8 : special.trailingZeroBitCount / 8
        if special == 0 { continue }
      }
      switch self[index] {
      case UInt8(ascii: "\""): return (index, isPlain)
      case UInt8(ascii: "\\"):
        isPlain = false
        index += 2
      case 0x80...:
        isPlain = false
        index += 1
      default: index += 1
      }
    }
    return nil
  }

  /// The first place from `start` on that belongs to no number or word.
  func endOfScalar(from start: Int) -> Int {
    var index = start
    while index < count, !Self.endsScalar(self[index]) { index += 1 }
    return index
  }

  private static func endsScalar(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"),
      UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""):
      true
    default: false
    }
  }

  func isNumber(_ range: Range<Int>) -> Bool {
    let end = range.upperBound
    var index = range.lowerBound
    if index < end, self[index] == UInt8(ascii: "-") { index += 1 }
    let first = index
    index = endOfDigits(from: first, before: end)
    guard index > first, self[first] != UInt8(ascii: "0") || index == first + 1 else { return false }
    if index < end, self[index] == UInt8(ascii: ".") {
      let fraction = index + 1
      index = endOfDigits(from: fraction, before: end)
      guard index > fraction else { return false }
    }
    if index < end, self[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      if index < end, self[index] == UInt8(ascii: "+") || self[index] == UInt8(ascii: "-") { index += 1 }
      let exponent = index
      index = endOfDigits(from: exponent, before: end)
      guard index > exponent else { return false }
    }
    return index == end
  }

  private func endOfDigits(from start: Int, before end: Int) -> Int {
    var index = start
    while index < end, self[index] >= 0x30, self[index] <= 0x39 { index += 1 }
    return index
  }

  /// The place after the value that begins at `start`.
  ///
  /// - Parameter room: how much deeper it may nest.
  /// - Returns: `nil` where anything is wrong or uncommon; a reader then says what.
  func endOfValue(from start: Int, room: Int) -> Int? {
    var index = start
    // One bit for each list or object that has begun: 1 for a list.
    var open: UInt64 = 0
    var depth = 0
    while true {
      guard index < count else { return nil }
      switch self[index] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard depth < min(room, 64) else { return nil }
        open = open << 1 | (self[index] == UInt8(ascii: "[") ? 1 : 0)
        depth += 1
        index = endOfSpace(from: index + 1)
        if index < count, self[index] == Self.end(open) { break }
        guard open & 1 == 1 || takeName(&index) else { return nil }
        continue
      case UInt8(ascii: "\""):
        guard let end = endOfString(from: index + 1) else { return nil }
        index = end.quote + 1
      default:
        let end = endOfScalar(from: index)
        guard isNumber(index..<end) || isWord(index..<end) else { return nil }
        index = end
      }
      // After a value: what is open ends here, or goes on.
      while depth > 0 {
        index = endOfSpace(from: index)
        guard index < count else { return nil }
        if self[index] == Self.end(open) {
          index += 1
          open >>= 1
          depth -= 1
          continue
        }
        guard self[index] == UInt8(ascii: ",") else { return nil }
        index = endOfSpace(from: index + 1)
        guard open & 1 == 1 || takeName(&index) else { return nil }
        break
      }
      if depth == 0 { return index }
    }
  }

  private static func end(_ open: UInt64) -> UInt8 { open & 1 == 1 ? UInt8(ascii: "]") : UInt8(ascii: "}") }

  private func takeName(_ index: inout Int) -> Bool {
    guard index < count, self[index] == UInt8(ascii: "\""), let end = endOfString(from: index + 1)
    else { return false }
    index = endOfSpace(from: end.quote + 1)
    guard index < count, self[index] == UInt8(ascii: ":") else { return false }
    index = endOfSpace(from: index + 1)
    return true
  }

  private func isWord(_ range: Range<Int>) -> Bool {
    holds("null", range) || holds("true", range) || holds("false", range)
  }

  /// Whether just that stands there.
  func holds(_ word: StaticString, _ range: Range<Int>) -> Bool {
    range.count == word.utf8CodeUnitCount && word.withUTF8Buffer { unsafe self[range].elementsEqual($0) }
  }
}
