/// How many letters must be inserted, removed, replaced, or swapped with their neighbour, to make one word of another.
///
/// - Returns: the distance, or `limit + 1` when it is greater than `limit`.
package func editDistance(_ left: String, _ right: String, limit: Int) -> Int {
  let (first, second) = (Array(left), Array(right))
  guard abs(first.count - second.count) <= limit else { return limit + 1 }
  var before: [Int] = []
  var previous = Array(0...second.count)
  for row in 0..<first.count {
    var current = [row + 1]
    for column in 0..<second.count {
      let isSame = first[row] == second[column]
      var cost = min(previous[column] + (isSame ? 0 : 1), previous[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
        cost = min(cost, before[column - 1] + 1)
      }
      current.append(cost)
    }
    if (current.min() ?? 0) > limit { return limit + 1 }
    (before, previous) = (previous, current)
  }
  return min(previous[second.count], limit + 1)
}
