internal import Jobs

/// What is known of a film before anybody listens: `metadata/tmdb_data.json`.
struct FilmFacts: Sendable, Equatable {
  struct Role: Sendable, Equatable {
    var name: String
    var character: String?
  }

  struct Member: Sendable, Equatable {
    var name: String
    var job: String
  }

  /// Where the facts come from: `tmdb`, `nfo`, `json`, `file name`.
  var source: String
  var title: String
  var originalTitle: String?
  var year: Int?
  var overview: String?
  var genres: [String] = []
  var cast: [Role] = []
  var crew: [Member] = []
  var keywords: [String] = []
  var tmdbID: Int?
  var imdbID: String?

  init(source: String, title: String, year: Int?) {
    (self.source, self.title, self.year) = (source, title, year)
  }

  var directors: [String] { crew.filter { $0.job == "Director" }.map(\.name) }

  var json: JSON {
    [
      "source": .string(source), "title": .string(title), "original_title": .string(originalTitle),
      "year": .int(year), "overview": .string(overview), "genres": .strings(genres),
      "cast": .array(cast.map { ["name": .string($0.name), "character": .string($0.character)] }),
      "directors": .strings(directors),
      "crew": .array(crew.map { ["name": .string($0.name), "job": .string($0.job)] }),
      "keywords": .strings(keywords), "tmdb_id": .int(tmdbID), "imdb_id": .string(imdbID),
    ]
  }

  /// Reads this form, TMDB's own with its `credits`, and what resembles them; `nil` when there is no title in it.
  init?(_ document: JSON, source: String) {
    guard let title = Self.text(document["title"]) else { return nil }
    self.init(source: source, title: title, year: Self.year(document))
    originalTitle = Self.text(Self.first(document, "original_title", "originaltitle"))
    overview = Self.text(Self.first(document, "overview", "plot"))
    genres = Self.names(Self.first(document, "genres", "genre"))
    let keywordList = document["keywords"]
    keywords = Self.names(keywordList?["keywords"] ?? keywordList)
    let credits = Self.first(document, "credits") ?? document
    cast = (credits["cast"]?.array ?? credits["actors"]?.array ?? []).compactMap { entry in
      guard let name = Self.text(entry["name"] ?? entry) else { return nil }
      return Role(name: name, character: Self.text(Self.first(entry, "character", "role")))
    }
    crew = (credits["crew"]?.array ?? []).compactMap { entry in
      guard let name = Self.text(entry["name"]), let job = Self.text(entry["job"]) else { return nil }
      return Member(name: name, job: job)
    }
    for name in Self.names(Self.first(document, "directors", "director")) where !directors.contains(name) {
      crew.append(Member(name: name, job: "Director"))
    }
    tmdbID = Self.first(document, "tmdb_id", "id")?.int
    imdbID = Self.text(document["imdb_id"])
  }

  /// What stands under the first of the keys that tells anything: of some, writers know that there is one, and not what.
  private static func first(_ document: JSON, _ keys: String...) -> JSON? {
    keys.lazy.compactMap { document[$0] }.first { $0 != .null }
  }

  private static func year(_ document: JSON) -> Int? {
    if let year = document["year"]?.int { return year }
    let text = [document["year"], document["release_date"], document["premiered"]].lazy.compactMap { $0?.string }
    return text.compactMap { Int($0.prefix(4)) }.first
  }

  private static func text(_ value: JSON?) -> String? {
    value?.string?.trimmed.nonEmpty
  }

  private static func names(_ value: JSON?) -> [String] {
    (value?.array ?? value.map { [$0] } ?? []).compactMap { text($0["name"] ?? $0) }
  }
}
