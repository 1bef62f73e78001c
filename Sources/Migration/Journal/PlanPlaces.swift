/// Where the entries of a plan begin in it, in little memory: there may be a hundred thousand.
struct PlanPlaces: RandomAccessCollection, Sendable {
  struct Place: Sendable {
    var number: Int
    var offset: Int64
    var isToDo: Bool
  }

  private var offsets: [Int64] = []
  private var areToDo: [Bool] = []

  /// - Parameter count: of how many entries room is made for.
  init(reserving count: Int) {
    offsets.reserveCapacity(count)
    areToDo.reserveCapacity(count)
  }

  var startIndex: Int { 0 }
  var endIndex: Int { offsets.count }

  subscript(number: Int) -> Place { Place(number: number, offset: offsets[number], isToDo: areToDo[number]) }

  mutating func append(_ offset: Int64, isToDo: Bool) {
    offsets.append(offset)
    areToDo.append(isToDo)
  }

  mutating func removeLast() {
    offsets.removeLast()
    areToDo.removeLast()
  }
}

extension IteratorProtocol {
  /// As many of the next ones as there are, at most `count`.
  mutating func next(_ count: Int) -> [Element] {
    var group: [Element] = []
    while group.count < count, let element = next() { group.append(element) }
    return group
  }
}
