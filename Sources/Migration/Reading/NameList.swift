/// Names in one piece of memory: of a hundred thousand, each on its own would take three times as much.
struct NameList: RandomAccessCollection, Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []

  var startIndex: Int { 0 }
  var endIndex: Int { ends.count }

  subscript(index: Int) -> RawPath { RawPath(Array(bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]])) }

  mutating func append(_ name: RawPath) {
    bytes += name.bytes
    ends.append(bytes.count)
  }
}
