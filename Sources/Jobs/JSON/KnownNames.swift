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
  mutating func name(_ range: Range<Int>, of text: JSONScanning) -> String {
    let (start, count) = (range.lowerBound, range.count)
    guard count > 0 else { return "" }
    let look = count &* 31 &+ Int(text[start]) &* 7 &+ Int(text[start + count / 2]) &* 3 &+ Int(text[start + count - 1])
    let place = look & (Self.places - 1)
    if names[place].count == count, Self.areEqual(names[place].start, start, count, in: text) {
      return names[place].name
    }
    let name = unsafe String(decoding: text[range], as: UTF8.self)
    names[place] = Known(start: start, count: count, name: name)
    return name
  }

  private static func areEqual(_ left: Int, _ right: Int, _ count: Int, in text: JSONScanning) -> Bool {
    var index = 0
    while index < count, text[left + index] == text[right + index] { index += 1 }
    return index == count
  }
}
