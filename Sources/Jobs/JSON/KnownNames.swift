/// Names of members that have been read of a text, so that one that comes again is not made again.
struct KnownNames {
  private static let places = 64
  private var names: [(range: Range<Int>, name: String)?] = Array(repeating: nil, count: places)

  /// A name that is ASCII without escapes.
  mutating func name(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> String {
    let text = UnsafeBufferPointer(rebasing: bytes[range])
    guard let first = text.first else { return "" }
    let look = text.count &* 31 &+ Int(first) &* 7 &+ Int(text[text.count / 2]) &* 3 &+ Int(text[text.count - 1])
    let place = look & (Self.places - 1)
    if let known = names[place], known.range.count == text.count, text.elementsEqual(bytes[known.range]) {
      return known.name
    }
    let name = String(decoding: text, as: UTF8.self)
    names[place] = (range, name)
    return name
  }
}
