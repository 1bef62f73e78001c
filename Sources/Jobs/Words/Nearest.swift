/// The known word that `word` was probably meant to be, if one is close.
public func nearest(_ word: String, among known: [String]) -> String? {
  let limit = max(1, word.count / 3)
  let near = known.map { (word: $0, edits: editDistance(word.lowercased(), $0.lowercased(), limit: limit)) }
    .filter { $0.edits <= limit }
  let fewest = near.lazy.map(\.edits).min()
  let nearest = near.filter { $0.edits == fewest }
  // Of two that are as near, it is more likely the beginning of one: --form.
  return (nearest.first { $0.word.hasPrefix(word) } ?? nearest.first)?.word
}

/// The same, or else the one known word that `word` is the beginning of, if that is told in three characters or more.
public func nearestOrBegun(_ word: String, among known: [String]) -> String? {
  if let near = nearest(word, among: known) { return near }
  let begun = known.filter { word.count > 2 && $0.hasPrefix(word) }
  return begun.count == 1 ? begun[0] : nil
}

/// ` Did you mean status?`, for the end of a sentence; empty when no known word is close.
public func didYouMean(_ word: String, among known: [String]) -> String {
  nearestOrBegun(word, among: known).map { " Did you mean \($0)?" } ?? ""
}
