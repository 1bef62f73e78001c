/// An outermost pair of brackets in a name, and the words within.
struct BracketGroup {
  let opening: Unicode.Scalar
  /// From the opening bracket to just behind the closing one.
  let range: Range<String.Index>
  /// Indices of the words within, nested brackets included.
  let tokens: Range<Int>

  /// Release groups and sites sign in these; titles seldom use them.
  var isSquare: Bool { opening == "[" || opening == "【" || opening == "［" }
}

/// The outermost pairs of brackets, in order. Brackets without a partner are left to be mere separators:
/// letting one swallow the rest of the name would hide the year.
func outermostBracketPairs(in name: Substring) -> [Range<String.Index>] {
  let scalars = name.unicodeScalars
  // Most names have none: all others than these are no ASCII.
  guard name.utf8.contains(where: { $0 >= 0x80 || ")]}".utf8.contains($0) }) else { return [] }
  var open: [(closing: Unicode.Scalar, at: String.Index)] = []
  var pairs: [Range<String.Index>] = []
  for index in scalars.indices {
    let scalar = scalars[index]
    if let closing = scalar.closingBracket {
      open.append((closing, index))
    } else if closingBrackets.contains(scalar), let match = open.lastIndex(where: { $0.closing == scalar }) {
      let start = open[match].at
      open.removeSubrange(match...)
      while let last = pairs.last, last.lowerBound > start { pairs.removeLast() }
      pairs.append(start..<scalars.index(after: index))
    }
  }
  return pairs
}
