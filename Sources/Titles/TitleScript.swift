/// The kind of letters a word is written in, as far as titles care.
enum WordScript {
  case latin
  case other
  /// Numbers and signs, which go with either.
  case neutral
}

extension NameToken {
  var script: WordScript {
    var script = WordScript.neutral
    for scalar in text.unicodeScalars where scalar.isLetter {
      guard scalar.isLatinLetter else { return .other }
      script = .latin
    }
    return script
  }
}

/// The words of a title that is written twice, narrowed to the one in Latin letters.
///
/// Releases of films from elsewhere name them in their own script and once more for everybody else. A few
/// Latin letters within such a title are a part of it, so they must make up at least half of the words.
func latinTitle(within words: Range<Int>, of tokens: [NameToken]) -> Range<Int> {
  let scripts = words.map { tokens[$0].script }
  guard scripts.contains(.other), let first = scripts.firstIndex(of: .latin),
    let last = scripts.lastIndex(of: .latin), !scripts[first...last].contains(.other)
  else { return words }
  let latin = scripts.count { $0 == .latin }
  let isName = words.contains { tokens[$0].script == .latin && tokens[$0].text.utf8.count >= 3 }
  guard isName, latin >= scripts.count(where: { $0 == .other }) else { return words }
  let end = scripts[last...].firstIndex(of: .other) ?? scripts.endIndex
  return words.lowerBound + first..<words.lowerBound + end
}
