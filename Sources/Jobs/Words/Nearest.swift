/// The known word that `word` was probably meant to be, if one is close.
public func nearest(_ word: String, among known: [String]) -> String? {
  let limit = max(1, word.count / 3)
  return known.map { ($0, editDistance(word.lowercased(), $0.lowercased())) }
    .filter { $0.1 <= limit }
    .min { $0.1 < $1.1 }?.0
}

/// ` Did you mean status?`, for the end of a sentence; empty when no known word is close.
public func didYouMean(_ word: String, among known: [String]) -> String {
  nearest(word, among: known).map { " Did you mean \($0)?" } ?? ""
}

/// Edits of characters between two words; two neighbours in each other's place are one edit (optimal string alignment).
private func editDistance(_ left: String, _ right: String) -> Int {
  let (left, right) = (Array(left), Array(right))
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for row in left.indices {
    var current = [row + 1]
    for column in right.indices {
      let substitution = last[column] + (left[row] == right[column] ? 0 : 1)
      var fewest = min(substitution, last[column + 1] + 1, current[column] + 1)
      if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
        fewest = min(fewest, beforeLast[column - 1] + 1)
      }
      current.append(fewest)
    }
    (beforeLast, last) = (last, current)
  }
  return last[right.count]
}
