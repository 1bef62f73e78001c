internal import Jobs

/// Kodi's `.nfo`: a `<movie>` of XML. Source of the format: the Kodi wiki, NFO files/Movies.
enum NFO {
  /// The film's facts; `nil` when the file holds no movie with a title, as when it is only a link or a scene's banner, or
  /// when its title is not to be understood.
  static func facts(_ bytes: [UInt8]) -> FilmFacts? {
    guard let movie = movie(bytes), let title = movie.text(of: "title"), movie.first("title")?.unknownEntity == nil
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

  /// Why ``facts(_:)`` has none, for people.
  static func flaw(_ bytes: [UInt8]) -> String {
    let entity = movie(bytes)?.first("title")?.unknownEntity
    return entity.map { "its title holds &\($0);, an entity that is not known" } ?? noTitle
  }

  static let noTitle = "it tells no title of a film"

  private static func movie(_ bytes: [UInt8]) -> XMLElement? {
    text(bytes).flatMap { text in
      XMLReader.elements(in: text).first { ["movie", "video", "episodedetails", "musicvideo"].contains($0.name) }
    }
  }

  private static func texts(_ movie: XMLElement, _ name: String) -> [String] {
    movie.all(name).map { $0.text.trimmed }.filter { !$0.isEmpty }
  }

  /// The year of `1975`, `1975-08-15`, `15.08.1975`.
  private static func year(in date: String) -> Int? {
    date.split { !$0.isNumber }.first { $0.utf8.count == 4 }.flatMap { Int($0) }
  }

  /// The file's text: UTF-8, UTF-16 with its mark, else Latin-1, which older tools write without a word; `nil` where the
  /// file declares another encoding.
  static func text(_ bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      let isLittle = bytes[0] == 0xFF
      let units = stride(from: 2, to: bytes.count - 1, by: 2).map { index in
        let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
        return isLittle ? second << 8 | first : first << 8 | second
      }
      return String(decoding: units, as: UTF16.self)
    }
    let content = bytes.withoutByteOrderMark
    if let text = String(validating: content, as: UTF8.self) { return text }
    let latin = String(String.UnicodeScalarView(content.map { Unicode.Scalar($0) }))
    let declared = latin.prefix(200).firstMatch(of: /encoding=["']([^"']*)["']/)?.1.lowercased() ?? "utf-8"
    return ["utf-8", "utf8", "us-ascii", "iso-8859-1", "iso-8859-15", "latin1", "windows-1252"].contains(declared)
      ? latin : nil
  }
}
