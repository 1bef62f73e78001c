internal import Jobs

extension Transcript {
  /// Joins what recognisers take apart though it is one word: `ill` and `-disposed`, `www` and `.asterisk`.
  mutating func joinSplitWords() {
    for index in segments.indices where segments[index].isSpaced { segments[index].joinSplitWords() }
  }
}

extension Transcript.Segment {
  fileprivate mutating func joinSplitWords() {
    var joined: [Transcript.Word] = []
    for word in words {
      guard let last = joined.last, Self.continues(word.text, last.text) else {
        joined.append(word)
        continue
      }
      var whole = last
      whole.text += word.text
      whole.end = word.end ?? last.end
      whole.fields["end"] = word.fields["end"] ?? whole.fields["end"]
      joined[joined.count - 1] = whole
    }
    guard joined.count < words.count else { return }
    words = joined
    rejoin()
  }

  /// A hyphen or dot goes on with a word only between letters: `-40` and `.5` are numbers of their own.
  private static func continues(_ text: String, _ before: String) -> Bool {
    guard let mark = text.first, "-.'’".contains(mark), let next = text.dropFirst().first, next.isLetter,
      let last = before.last
    else { return false }
    return last.isLetter
  }
}
