/// Names of members that have been read of a text, so that one that comes again is not made again.
struct KnownNames {
  private struct Known {
    var start = 0
    var count = 0
    var name = ""
  }

  private static let places = 32
  private var names = ContiguousArray(repeating: Known(), count: places)

  /// A name that is ASCII without escapes.
  mutating func name(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> String {
    guard let start = bytes.baseAddress, !range.isEmpty else { return "" }
    let (text, count) = (start + range.lowerBound, range.count)
    let look = count &* 31 &+ Int(text[0]) &* 7 &+ Int(text[count / 2]) &* 3 &+ Int(text[count - 1])
    let place = look & (Self.places - 1)
    if names[place].count == count, Self.areEqual(text, start + names[place].start, count) { return names[place].name }
    let name = String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    names[place] = Known(start: range.lowerBound, count: count, name: name)
    return name
  }

  private static func areEqual(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    var index = 0
    while index < count, left[index] == right[index] { index += 1 }
    return index == count
  }
}
