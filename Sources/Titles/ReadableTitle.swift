/// A piece of a file's name as a person would write it: spaces for the separators that stand for them.
///
/// Dots stand for spaces only where there are none; initials keep theirs (`R.I.P.D.`), and so do versions (`2.0`).
func readableTitle(_ text: Substring) -> String {
  var words = text.unicodeScalars.split { $0 == "_" || $0.isBlank }.map(Substring.init)
  if words.count == 1 {
    words = joiningPoints(words[0].unicodeScalars.split(separator: ".").map(Substring.init))
  }
  return trimmed(joiningApostrophes(words).joined(separator: " "))
}

/// `Ocean's` and `Don't` of names that have a separator where their apostrophe was.
private func joiningApostrophes(_ words: [Substring]) -> [Substring] {
  guard words.contains(where: { $0 == "s" || $0 == "t" }) else { return words }
  return words.reduce(into: []) { joined, word in
    if let last = joined.last, last.count > 1,
      word == "s" && last.allSatisfy(\.isLetter) || word == "t" && last.hasSuffix("n")
    {
      joined[joined.count - 1] = "\(last)'\(word)"
    } else {
      joined.append(word)
    }
  }
}

private func joiningPoints(_ words: [Substring]) -> [Substring] {
  var joined: [Substring] = []
  var initials: [Substring] = []
  for word in words {
    if word.isInitial {
      initials.append(word)
    } else if word == "0", let number = joined.last, number.isNumber {
      joined[joined.count - 1] = "\(number).0"
    } else {
      joined += abbreviation(initials)
      initials = []
      joined.append(word)
    }
  }
  return joined + abbreviation(initials)
}

/// One letter alone is a word (`V for`), several are short for words.
private func abbreviation(_ initials: [Substring]) -> [Substring] {
  initials.count > 1 ? [Substring(initials.joined(separator: ".") + ".")] : initials
}

/// Without what separated the title from the rest. Quotation marks go when they enclose all of it, or one stands alone.
private func trimmed(_ text: String) -> String {
  let scalars = text.unicodeScalars
  guard let first = scalars.firstIndex(where: { !edges.contains($0) }),
    let last = scalars.lastIndex(where: { !edges.contains($0) && !openEnds.contains($0) }), first <= last
  else { return "" }
  let title = scalars[first...last]
  let opens = title.first.map(quotes.contains) ?? false
  let closes = title.last.map(quotes.contains) ?? false
  let isOdd = title.count(where: quotes.contains) % 2 == 1
  guard opens && closes || isOdd && (opens || closes) else { return String(title) }
  return trimmed(String(title.dropFirst(opens ? 1 : 0).dropLast(closes ? 1 : 0)))
}

private let edges: [Unicode.Scalar] = ["-", ",", ";", "/", " "]

let quotes: [Unicode.Scalar] = ["\"", "“", "”"]

private let openEnds: [Unicode.Scalar] = [":", "(", "["]
