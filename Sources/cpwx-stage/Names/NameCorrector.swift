internal import Jobs

/// Corrects names that were misheard, by the names that are known.
///
/// It is careful, since a wrong correction is worse than none. A word is changed only when it is written as a name, is
/// not itself a known name or an ordinary word of this transcript, and one known name alone is near: one letter off
/// for names of four to seven letters, two for longer ones.
struct NameCorrector: Sendable {
  struct Correction: Sendable, Equatable {
    var from: String
    var to: String
    /// Index of the segment, from 0.
    var segment: Int
  }

  /// Words that stand in names of roles without being names.
  private static let ordinary: Set<String> = Set(
    """
    the and young old little big man woman boy girl lady gentleman king queen prince princess doctor officer police
    captain colonel general major sergeant nurse teacher driver soldier guard father mother brother sister aunt uncle
    grandfather grandmother narrator voice self himself herself waiter waitress student reporter judge priest
    """.split(whereSeparator: \.isWhitespace).map(String.init))

  /// The words of known names by their lower-case form.
  private let known: [String: String]
  /// Words that this transcript writes in lower case somewhere.
  private let lowercased: Set<String>
  /// Words that a recogniser takes for names, in lower case.
  private let recognised: Set<String>

  /// - Parameters:
  ///   - names: the known names, whole.
  ///   - transcript: every word of the transcript.
  ///   - recognised: names that a recogniser found in it.
  init(names: [String], transcript: [String], recognised: [String]) {
    var known: [String: String] = [:]
    for word in names.flatMap({ $0.split(whereSeparator: { $0.isWhitespace || $0 == "-" }) }) {
      let core = SpokenWord(String(word)).core
      let key = core.lowercased()
      guard core.count >= 4, core.first?.isUppercase ?? false, !Self.ordinary.contains(key) else { continue }
      known[key] = known[key] ?? core
    }
    self.known = known
    lowercased = Set(transcript.map { SpokenWord($0) }.filter { !$0.isCapitalised }.map { $0.core.lowercased() })
    self.recognised = Set(
      recognised.flatMap { $0.split(whereSeparator: \.isWhitespace) }.map { SpokenWord(String($0)).core.lowercased() })
  }

  /// `words` with misheard names corrected, and what was changed (indices and the words' cores).
  func correct(_ words: [String]) -> (words: [String], changes: [(from: String, to: String)]) {
    var changes: [(from: String, to: String)] = []
    var startsSentence = true
    let corrected = words.map { text in
      var word = SpokenWord(text)
      defer { startsSentence = word.endsSentence }
      guard let name = replacement(for: word, startsSentence: startsSentence) else { return text }
      changes.append((word.core, name))
      word.core = name
      return word.text
    }
    return (corrected, changes)
  }

  private func replacement(for word: SpokenWord, startsSentence: Bool) -> String? {
    let key = word.core.lowercased()
    guard word.isCapitalised, word.core.count >= 4, known[key] == nil, !lowercased.contains(key),
      !Self.ordinary.contains(key), word.core.allSatisfy(\.isLetter)
    else { return nil }
    // A plural, or a name in the plural, is no mistake.
    let isOtherNumber = ["s", "es"].contains { ending in
      known[key + ending] != nil || key.hasSuffix(ending) && known[String(key.dropLast(ending.count))] != nil
    }
    guard !isOtherNumber else { return nil }
    // The first word of a sentence is written large whatever it is.
    if startsSentence && !recognised.contains(key) { return nil }
    let near = known.filter { isMishearing(key, of: $0.key) }
    return near.count == 1 ? near.first?.value : nil
  }

  private func isMishearing(_ heard: String, of name: String) -> Bool {
    let limit = name.count >= 8 ? 2 : 1
    guard heard.first == name.first || name.count >= 5 else { return false }
    return editDistance(heard, name, limit: limit) <= limit
  }
}
