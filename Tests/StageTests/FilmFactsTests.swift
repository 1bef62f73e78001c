import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import cpwx_stage

struct FilmFactsTests {
  static let nfo = """
    \u{FEFF}<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>
    <!-- made by a manager > than others -->
    <movie>
      <title>Sense &amp; Sensibility</title><originaltitle/>
      <year></year><premiered>1995-12-13</premiered>
      <plot><![CDATA[The <Dashwood> sisters.]]></plot>
      <genre>Drama / Romance</genre><genre>Costume</genre>
      <thumb aspect="poster" preview="a>b">x</thumb>
      <actor><name>Emma Thompson</name><role>Elinor Dashwood</role><order>0</order></actor>
      <actor><name>Kate Winslet</name></actor>
      <director>Ang Lee</director><tag>sisters</tag>
      <uniqueid type="tmdb">4584</uniqueid><id>tt0114388</id>
      <fileinfo><open><left>
    </movie>
    https://www.themoviedb.org/movie/4584
    """

  @Test func `a Kodi nfo tells title, year, plot and cast`() throws {
    let facts = try #require(NFO.facts(Array(Self.nfo.utf8)))
    #expect(facts.title == "Sense & Sensibility")
    #expect(facts.year == 1995)
    #expect(facts.overview == "The <Dashwood> sisters.")
    #expect(facts.genres == ["Drama", "Romance", "Costume"])
    #expect(facts.cast.map(\.character) == ["Elinor Dashwood", nil])
    #expect(facts.directors == ["Ang Lee"])
    #expect(facts.imdbID == "tt0114388")
  }

  @Test(arguments: [
    "", "<movie>", "<movie><title> </title></movie>", "https://www.imdb.com/title/tt1", "<<<>>>&#x;&", "<a b='",
  ])
  func `what holds no film gives nothing`(text: String) {
    #expect(NFO.facts(Array(text.utf8)) == nil)
  }

  @Test(arguments: [
    ("Am&eacute;lie &#38; &Uuml;&yuml;", "Amélie & Üÿ"), ("Tom & Jerry; AT&T", "Tom & Jerry; AT&T"),
    ("&amp;x;", "&x;"), ("<![CDATA[&x;]]>", "&x;"),
  ])
  func `entities are decoded, and an ampersand that begins none stays`(written: String, title: String) {
    #expect(NFO.facts(Array("<movie><title>\(written)</title></movie>".utf8))?.title == title)
  }

  @Test(arguments: ["&x;", "The &film; of 1975"])
  func `a title with an entity that nobody knows is none, and that is said`(title: String) {
    let text = Array("<movie><plot>&y;</plot><title>\(title)</title></movie>".utf8)
    #expect(NFO.facts(text) == nil)
    #expect(NFO.flaw(text).hasPrefix("its title holds &") && !NFO.flaw(text).contains("&y;"), "\(NFO.flaw(text))")
  }

  @Test func `an entity that nobody knows elsewhere in the file harms nothing`() {
    let facts = NFO.facts(Array("<movie><title>Sholay</title><plot>Two &odd; friends.</plot></movie>".utf8))
    #expect(facts?.title == "Sholay" && facts?.overview == "Two &odd; friends.")
  }

  @Test(arguments: ["1975", "1975-08-15", "15-08-1975", "15.08.1975"])
  func `the year is found in a date of any order`(date: String) {
    let text = "<movie><title>Sholay</title><premiered>\(date)</premiered></movie>"
    #expect(NFO.facts(Array(text.utf8))?.year == 1975)
  }

  @Test(arguments: ["", "movies"])
  func `of several films the one of the title is it, else the first`(root: String) {
    let films = ["Fire", "Earth", "Water"].map { "<movie><title>\($0)</title></movie>" }.joined(separator: "\n")
    let text = Array((root.isEmpty ? films : "<\(root)>\(films)</\(root)>").utf8)
    #expect(NFO.facts(text, of: "EARTH")?.title == "Earth")
    #expect(NFO.facts(text, of: "Sky")?.title == "Fire")
    #expect(NFO.facts(text)?.title == "Fire")
  }

  @Test func `older encodings are read`() {
    let latin: [UInt8] = Array("<movie><title>Am".utf8) + [0xE9] + Array("lie &#x263a;</title></movie>".utf8)
    #expect(NFO.facts(latin)?.title == "Amélie ☺")
    let units = Array("<movie><title>शोले</title></movie>".utf16)
    let wide: [UInt8] = [0xFF, 0xFE] + units.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    #expect(NFO.facts(wide)?.title == "शोले")
    let quoted: [UInt8] = Array("<movie><title>Ocean".utf8) + [0x92] + Array("s Eleven</title></movie>".utf8)
    #expect(NFO.facts(quoted)?.title == "Ocean’s Eleven")
    let cyrillic = Array("<?xml version=\"1.0\" encoding=\"windows-1251\"?><movie><title>".utf8) + [0xC1, 0xF0]
    #expect(NFO.facts(cyrillic + Array("</title></movie>".utf8)) == nil)
  }

  @Test(arguments: 0..<200)
  func `no damaged nfo stops the stage`(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed))
    var bytes = Array(Self.nfo.utf8)
    for _ in 0..<8 {
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    bytes.removeSubrange(Int.random(in: 0..<bytes.count, using: &random)...)
    _ = NFO.facts(bytes)
  }

  @Test func `TMDB's own form is read with its credits`() throws {
    let text = """
      {"id": 1, "title": "T", "release_date": "1975-08-15", "genres": [{"name": "Drama"}],
       "credits": {"cast": [{"name": "A", "character": "B (voice) / Self"}], "crew": [{"name": "D", "job": "Director"}]},
       "keywords": {"keywords": [{"name": "friendship"}]}}
      """
    let facts = try #require(FilmFacts(JSON(parsing: Array(text.utf8)), source: "tmdb"))
    #expect(facts.year == 1975 && facts.tmdbID == 1)
    #expect(facts.keywords == ["friendship"])
    #expect(FilmNames.certain(facts).map(\.text) == ["B", "A", "D"])
    #expect(FilmFacts(facts.json, source: "tmdb") == facts)
  }

  @Test func `what is null in JSON hides nothing that stands under another name`() throws {
    let text = """
      {"title": "Sholay", "original_title": null, "originaltitle": "शोले", "overview": null, "plot": "Two friends.",
       "genres": null, "genre": "Drama", "credits": null, "directors": null,
       "actors": ["Amjad Khan", {"name": "Hema Malini", "character": null, "role": "Basanti"}],
       "director": "Ramesh Sippy", "tmdb_id": null, "id": 7}
      """
    let facts = try #require(FilmFacts(JSON(parsing: Array(text.utf8)), source: "json"))
    #expect(facts.originalTitle == "शोले" && facts.overview == "Two friends." && facts.genres == ["Drama"])
    #expect(facts.cast.map(\.name) == ["Amjad Khan", "Hema Malini"] && facts.cast.last?.character == "Basanti")
    #expect(facts.directors == ["Ramesh Sippy"] && facts.tmdbID == 7)
  }

  @Test func `the search result that fits best is taken`() throws {
    let text = """
      {"results": [{"id": 1, "title": "Sholay Aur Toofan", "release_date": "1975-01-01", "popularity": 90},
       {"id": 2, "title": "Sholay", "release_date": "1954-01-01", "popularity": 50},
       {"id": 3, "title": "SHOLAY!", "release_date": "1976-01-01", "popularity": 1}]}
      """
    let answer = try JSON(parsing: Array(text.utf8))
    #expect(TMDBMatch.best(of: answer, title: "Sholay", year: 1975)?["id"] == .int(3))
    #expect(TMDBMatch.best(of: answer, title: "Sholay", year: nil)?["id"] == .int(2))
    #expect(TMDBMatch.best(of: .null, title: "Sholay", year: nil) == nil)
  }
}
