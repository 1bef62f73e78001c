import Testing
import Titles

struct FilmNameYearTests {
  @Test func `a year in brackets wins over a year in the title`() {
    let film = FilmName(parsing: "Wonder Woman 1984 (2020).mkv")
    #expect(film.title == "Wonder Woman 1984")
    #expect(film.year == 2020)
  }

  @Test func `of two bare years the later word is the year`() {
    let film = FilmName(parsing: "2001.A.Space.Odyssey.1968.720p.mkv")
    #expect(film.title == "2001 A Space Odyssey")
    #expect(film.year == 1968)
  }

  @Test func `a name that is nothing but a year is a title`() {
    let film = FilmName(parsing: "1917.mp4")
    #expect(film.title == "1917")
    #expect(film.year == nil)
  }

  @Test func `a resolution is no year`() {
    #expect(FilmName(parsing: "Heat 1920x1080.mkv").year == nil)
    #expect(FilmName(parsing: "Heat.2160p.mkv").year == nil)
  }

  @Test func `a span of years belongs to the title`() {
    let film = FilmName(parsing: "Let.It.Fall.Los.Angeles.1982-1992.2017.HDTV.mkv")
    #expect(film.title == "Let It Fall Los Angeles 1982-1992")
    #expect(film.year == 2017)
  }

  @Test func `a year beyond the latest one is a word of the title`() {
    let film = FilmName(parsing: "Blade Runner 2049.mkv", latestYear: 2048)
    #expect(film.title == "Blade Runner 2049")
    #expect(film.year == nil)
    #expect(FilmName(parsing: "Blade Runner 2049.mkv", latestYear: 2049).year == 2049)
  }

  @Test func `a year shares its brackets with the director`() {
    let film = FilmName(parsing: "Playtime (Jacques Tati, 1967).mkv")
    #expect(film.title == "Playtime")
    #expect(film.year == 1967)
  }

  @Test func `a year in front of a dash is the year of release`() {
    let film = FilmName(parsing: "1994 - Pulp Fiction.mkv")
    #expect(film.title == "Pulp Fiction")
    #expect(film.year == 1994)
  }

  @Test func `a latest year before the first film does not trap`() {
    #expect(FilmName(parsing: "Heat (1995).mkv", latestYear: .min).year == nil)
  }

  @Test func `a title of numbers is no day`() {
    let film = FilmName(parsing: "11.11.11.2011.1080p.mkv")
    #expect(film.title == "11 11 11")
    #expect(film.year == 2011)
  }
}
