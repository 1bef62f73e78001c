/// The known word that `word` was probably meant to be, if one is close.
public func nearest(_ word: String, among known: [String]) -> String? {
  let limit = max(1, word.count / 3)
  return known.map { ($0, editDistance(word.lowercased(), $0.lowercased())) }
    .filter { $0.1 <= limit }
    .min { $0.1 < $1.1 }?.0
}

/// Levenshtein's distance in characters.
private func editDistance(_ left: String, _ right: String) -> Int {
  let right = Array(right)
  var previous = Array(0...right.count)
  for (row, character) in left.enumerated() {
    var current = [row + 1]
    for column in right.indices {
      let substitution = previous[column] + (character == right[column] ? 0 : 1)
      current.append(min(substitution, previous[column + 1] + 1, current[column] + 1))
    }
    previous = current
  }
  return previous[right.count]
}
