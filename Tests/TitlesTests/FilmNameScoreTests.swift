import Testing
import Titles

struct FilmNameScoreTests {
  @Test(arguments: ["filenames.csv", "own-filenames.csv"])
  func `nineteen in twenty names of a collection give the right title and year`(collection: String) throws {
    let cases = try FilmNameCase.fixture(collection)
    try #require(!cases.isEmpty)
    let misses = cases.filter { !$0.accepts(FilmName(parsing: $0.fileName)) }
    print("\(collection): \(cases.count - misses.count) of \(cases.count) names right")
    let score = 1 - Double(misses.count) / Double(cases.count)
    #expect(score >= 0.95, "\(collection): \(score)\n\(misses.map(description).joined(separator: "\n"))")
  }

  /// A language that ends a title, or is one; and two titles of one film.
  private static let misread: Set<String> = [
    "The.Movie.German.1999.BluRay", "Sonnenallee German 1999 DVDRip.avi",
    "Keinohrhasen.German.2007.DVDRip.XviD-GRP.avi", "Johnny English 1080p.mkv",
    "The Meg 2.Бездна / Meg 2: The Trench (2023) WEB-DL [H.264/1080p] [EN / RU, UK Sub]",
  ]

  @Test func `each name that asks for a rule of its own is right, but a few that contradict others`() throws {
    let cases = try FilmNameCase.fixture("own-filenames.csv")
    let misses = cases.filter { !$0.accepts(FilmName(parsing: $0.fileName)) }
    #expect(Set(misses.map(\.fileName)) == Self.misread, "\(misses.map(description).joined(separator: "\n"))")
  }

  private func description(of miss: FilmNameCase) -> String {
    let film = FilmName(parsing: miss.fileName)
    let wanted = "\(miss.title) \(text(of: miss.year))"
    return "\(miss.fileName)\n  wanted \(wanted), got \(film.title) \(text(of: film.year))"
  }

  private func text(of year: Int?) -> String { year.map { "(\($0))" } ?? "(no year)" }
}
