/// A word of a transcript in its parts: `“Dashwood's,` is a quote, a name, an ending, a comma.
struct SpokenWord: Sendable, Equatable {
  var before: String
  var core: String
  /// `'s`, or nothing.
  var ending: String
  var after: String

  init(_ text: String) {
    let isPart: (Character) -> Bool = { $0.isLetter || $0.isNumber }
    let start = text.firstIndex(where: isPart) ?? text.endIndex
    let end = text.lastIndex(where: isPart).map { text.index(after: $0) } ?? text.endIndex
    before = String(text[..<start])
    var middle = text[start..<max(start, end)]
    var tail = ""
    for possessive in ["'s", "’s"] where middle.lowercased().hasSuffix(possessive) {
      tail = String(middle.suffix(2))
      middle = middle.dropLast(2)
    }
    core = String(middle)
    ending = tail
    after = String(text[max(start, end)...])
  }

  var text: String { before + core + ending + after }

  var isCapitalised: Bool { core.first?.isUppercase ?? false }

  /// Whether a sentence ends with this word.
  var endsSentence: Bool { after.contains { ".!?…।。！？".contains($0) } }
}
