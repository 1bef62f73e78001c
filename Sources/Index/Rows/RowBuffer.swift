/// Values of rows, one after the other, and all their texts in one piece of memory.
///
/// A job has some two hundred values: made on one thread, written on another and gone again, they cost no more than their
/// bytes.
struct RowBuffer: Sendable {
  enum Value: Sendable {
    case null
    case integer(Int64)
    case real(Double)
    /// Where in the texts, and how many bytes.
    case text(start: UInt32, count: UInt32)
  }

  private(set) var values: [Value] = []
  private(set) var texts: [UInt8] = []

  init(capacity: Int = 0, textCapacity: Int = 0) {
    values.reserveCapacity(capacity)
    texts.reserveCapacity(textCapacity)
  }

  init(_ values: [RowValue]) {
    self.init(capacity: values.count)
    for value in values { add(value) }
  }

  mutating func add(_ value: RowValue) {
    switch value {
    case .null: values.append(.null)
    case .integer(let value): values.append(.integer(value))
    case .real(let value): values.append(.real(value))
    case .text(var text):
      let start = texts.count
      text.withUTF8 { unsafe texts.append(contentsOf: $0) }
      values.append(.text(start: UInt32(start), count: UInt32(texts.count - start)))
    }
  }

  mutating func replace(at index: Int, by value: Int64) { values[index] = .integer(value) }

  /// Has a value stand in another place as well.
  mutating func copy(from index: Int, to place: Int) { values[place] = values[index] }

  /// A value by itself.
  subscript(index: Int) -> RowValue {
    switch values[index] {
    case .null: .null
    case .integer(let value): .integer(value)
    case .real(let value): .real(value)
    case .text(let start, let count):
      .text(String(decoding: texts[Int(start)..<Int(start) + Int(count)], as: UTF8.self))
    }
  }
}
