/// The title and year of a film, read from the name of its file.
///
/// The name is split into words at its separators, each word is judged against the vocabulary of release
/// names (resolutions, sources, codecs, languages, editions), and the title is what stands between the junk
/// in front of it and the first thing that cannot belong to it: the year of release or a release tag.
/// No list of films is consulted, so a title nobody has heard of reads as well as a famous one.
public struct FilmName: Sendable, Equatable {
  /// The title as a person would write it, such as `Sin City`.
  ///
  /// A name that yields no title gives its cleaned stem, and failing that the name as it came, so this is
  /// empty only for an empty name.
  public let title: String

  /// The Gregorian year of release, or `nil` when the name states none.
  public let year: Int?

  /// Reads a file's name.
  ///
  /// - Parameters:
  ///   - fileName: A file name or a path, of which the last component counts. A slash with spaces around
  ///     it, or within brackets, separates alternative titles rather than directories.
  ///   - latestYear: The last Gregorian year that can be a year of release; later numbers are words.
  public init(parsing fileName: String, latestYear: Int = FilmName.latestPlausibleYear) {
    let stem = fileStem(of: fileName)
    let cut = TitleCut(of: TaggedName(stem), years: firstFilmYear...max(firstFilmYear, latestYear))
    let title = readableTitle(cut.text)
    let wholeStem = title.isEmpty ? readableTitle(stem) : title
    self.title = wholeStem.isEmpty ? fileName : wholeStem
    year = cut.year
  }
}
