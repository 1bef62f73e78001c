internal import Jobs

/// Kodi's `.nfo`: a `<movie>` of XML. Source of the format: the Kodi wiki, NFO files/Movies.
enum NFO {
  /// The film's facts; `nil` when the file holds no movie with a title, as when it is only a link or a scene's banner, or
  /// when its title is not to be understood.
  ///
  /// - Parameter wanted: the film's title by its name; where the file tells of several films, the one of that title is it.
  static func facts(_ bytes: [UInt8], of wanted: String = "") -> FilmFacts? {
    guard let movie = movie(bytes, wanted), let title = movie.text(of: "title"),
      movie.first("title")?.unknownEntity == nil
    else { return nil }
    let dates = ["year", "premiered", "releasedate", "aired"].lazy.compactMap { movie.text(of: $0) }
    var facts = FilmFacts(source: "nfo", title: title, year: dates.compactMap(year(in:)).first)
    facts.originalTitle = movie.text(of: "originaltitle")
    facts.overview = movie.text(of: "plot") ?? movie.text(of: "outline")
    facts.genres = texts(movie, "genre").flatMap { $0.split(separator: "/").map(\.trimmed) }.filter { !$0.isEmpty }
    facts.keywords = texts(movie, "tag")
    facts.cast = movie.all("actor").compactMap { actor in
      actor.text(of: "name").map { FilmFacts.Role(name: $0, character: actor.text(of: "role")) }
    }
    facts.crew = texts(movie, "director").map { FilmFacts.Member(name: $0, job: "Director") }
    facts.crew += texts(movie, "credits").map { FilmFacts.Member(name: $0, job: "Writer") }
    facts.tmdbID = movie.text(of: "tmdbid").flatMap { Int($0) }
    facts.imdbID = (movie.text(of: "imdbid") ?? movie.text(of: "id")).flatMap { $0.hasPrefix("tt") ? $0 : nil }
    return facts
  }

  /// Why ``facts(_:of:)`` has none, for people.
  static func flaw(_ bytes: [UInt8], of wanted: String = "") -> String {
    let entity = movie(bytes, wanted)?.first("title")?.unknownEntity
    return entity.map { "its title holds &\($0);, an entity that is not known" } ?? noTitle
  }

  static let noTitle = "it tells no title of a film"

  private static func movie(_ bytes: [UInt8], _ wanted: String) -> XMLElement? {
    let top = FileText.decoded(bytes).map { XMLReader.elements(in: $0) } ?? []
    let movies = top.flatMap { isMovie($0) ? [$0] : $0.children.filter(isMovie) }
    let meant = movies.first { movie in
      movie.text(of: "title").map { TMDBMatch.folded($0) == TMDBMatch.folded(wanted) } ?? false
    }
    return meant ?? movies.first
  }

  private static func isMovie(_ element: XMLElement) -> Bool {
    ["movie", "video", "episodedetails", "musicvideo"].contains(element.name)
  }

  private static func texts(_ movie: XMLElement, _ name: String) -> [String] {
    movie.all(name).map { $0.text.trimmed }.filter { !$0.isEmpty }
  }

  /// The year of `1975`, `1975-08-15`, `15.08.1975`.
  private static func year(in date: String) -> Int? {
    date.split { !$0.isNumber }.first { $0.utf8.count == 4 }.flatMap { Int($0) }
  }
}
