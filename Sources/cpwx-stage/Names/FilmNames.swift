/// The names in a film's facts.
enum FilmNames {
  /// Labels of a recogniser that stand for names, not for numbers and dates.
  static let labels: Set<String> = [
    "PERSON", "PER", "GPE", "LOC", "ORG", "FAC", "NORP", "WORK_OF_ART", "EVENT", "PRODUCT",
  ]

  /// The names that the facts state: characters, actors, crew. The same name twice is listed once, characters first.
  static func certain(_ facts: FilmFacts) -> [KnownName] {
    let characters = facts.cast.compactMap(\.character).flatMap { parts(ofCharacter: $0) }
    let all =
      characters.map { KnownName(text: $0, label: "PERSON", source: "character") }
      + facts.cast.map { KnownName(text: $0.name, label: "PERSON", source: "cast") }
      + facts.directors.map { KnownName(text: $0, label: "PERSON", source: "crew") }
    return further(all, besides: [])
  }

  /// Those of `found` that stand for names and are not known yet; a label that is known wins over a recogniser's.
  static func further(_ found: [KnownName], besides known: [KnownName]) -> [KnownName] {
    var seen = Set(known.map { key($0.text) })
    return found.filter { labels.contains($0.label) && seen.insert(key($0.text)).inserted }
  }

  /// The names that may be said in the film, likeliest first. Actors are hardly ever named in it, so they stand in only
  /// where no characters are known.
  static func spoken(_ names: [KnownName]) -> [String] {
    let characters = names.filter { $0.source == "character" }
    let others = names.filter { $0.source == "overview" }
    let actors = names.filter { $0.source == "cast" }.prefix(12)
    return (characters + others + (characters.isEmpty ? Array(actors) : [])).map(\.text)
  }

  /// `Elinor Dashwood / Narrator (voice)` names two: the notes in brackets are no names.
  private static func parts(ofCharacter text: String) -> [String] {
    var depth = 0
    let bare = text.filter { character in
      if character == "(" { depth += 1 }
      defer { if character == ")", depth > 0 { depth -= 1 } }
      return depth == 0
    }
    let parts = bare.split(separator: "/").map { $0.trimmed }
    return parts.filter { !$0.isEmpty && !["self", "himself", "herself", "themselves"].contains($0.lowercased()) }
  }

  private static func key(_ text: String) -> String { text.lowercased() }

  /// Whether a text is likely to be English: the recogniser knows no other language.
  static func looksEnglish(_ text: String) -> Bool {
    let words = text.lowercased().split { !$0.isLetter && $0 != "'" }
    let common: Set<Substring> = [
      "the", "and", "of", "to", "a", "an", "in", "is", "his", "her", "with", "for", "who", "on",
    ]
    return words.count { common.contains($0) } * 8 >= words.count && !words.isEmpty
  }
}
