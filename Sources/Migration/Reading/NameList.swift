internal import Glibc

/// Names in one piece of memory: of a hundred thousand, each on its own would take three times as much.
struct NameList: RandomAccessCollection, Sendable {
  /// Where a name stands.
  private struct Span {
    var start: UInt32
    var count: UInt32
  }

  private var bytes: [UInt8] = []
  private var spans: [Span] = []

  var startIndex: Int { 0 }
  var endIndex: Int { spans.count }

  subscript(index: Int) -> RawPath {
    let start = Int(spans[index].start)
    return RawPath(Array(bytes[start..<(start + Int(spans[index].count))]))
  }

  /// Makes room for names of so many bytes.
  mutating func reserve(bytes count: Int) { bytes.reserveCapacity(count) }

  mutating func append(_ name: RawPath) { append(bytes: name.bytes) }
  mutating func append(_ name: UnsafeBufferPointer<UInt8>) { unsafe append(bytes: name) }

  private mutating func append(bytes name: some Collection<UInt8>) {
    spans.append(Span(start: UInt32(bytes.count), count: UInt32(name.count)))
    bytes += name
  }

  /// Orders them as ``RawPath`` are.
  mutating func sort() {
    let bytes = bytes
    unsafe bytes.withUnsafeBytes { all in
      guard let base = all.baseAddress else { return }
      spans.sort { left, right in
        let order = unsafe memcmp(
          base + Int(left.start), base + Int(right.start), Int(Swift.min(left.count, right.count)))
        return order == 0 ? left.count < right.count : order < 0
      }
    }
  }

  /// Whether one of them, which are in order, is this one.
  func holds(_ name: RawPath) -> Bool {
    let place = firstPlace { $0 >= name }
    return place < count && self[place] == name
  }
}

extension NameList: Equatable {
  static func == (left: NameList, right: NameList) -> Bool { left.elementsEqual(right) }
}

extension RandomAccessCollection where Index == Int {
  /// The first place from which on all elements fit, in a collection in which they stand behind all that do not.
  func firstPlace(where fits: (Element) -> Bool) -> Int {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = (low + high) / 2
      if fits(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
