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

  private func description(of miss: FilmNameCase) -> String {
    let film = FilmName(parsing: miss.fileName)
    let wanted = "\(miss.title) \(text(of: miss.year))"
    return "\(miss.fileName)\n  wanted \(wanted), got \(film.title) \(text(of: film.year))"
  }

  private func text(of year: Int?) -> String { year.map { "(\($0))" } ?? "(no year)" }
}
