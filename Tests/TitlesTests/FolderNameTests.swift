import Testing
import Titles

@Suite struct `A film named by its folder` {
  @Test(arguments: [
    ("movie.mkv", ["Sholay (1975)"], "Sholay", 1975),
    ("movie (1).mkv", ["Sholay (1975)"], "Sholay", 1975),
    ("VTS_01_1.VOB", ["VIDEO_TS", "Rear Window (1954)"], "Rear Window", 1954),
    ("00001.m2ts", ["STREAM", "BDMV", "The.Matrix.1999.COMPLETE.BLURAY"], "The Matrix", 1999),
    ("title_t00.mkv", ["Disc 1", "Seven Samurai (1954)"], "Seven Samurai", 1954),
    ("inception.1080p.mkv", ["Inception (2010)"], "Inception", 2010),
    ("2012.mkv", ["2012 (2009)"], "2012", 2009),
    ("शोले.mkv", ["शोले (1975)"], "शोले", 1975),
  ])
  func `is called as the folder is`(file: String, folders: [String], title: String, year: Int) {
    let film = FilmName(parsing: file, in: folders)
    #expect(film.title == title)
    #expect(film.year == year)
  }

  @Test(arguments: [
    ("Inception (2010).mkv", ["Films 2011"], "Inception", 2010),
    ("Dil Chahta Hai.mkv", ["Bollywood 2001"], "Dil Chahta Hai", nil),
    ("movie.mkv", ["in", "Sholay (1975)"], "movie", nil),
    ("movie.mkv", ["VIDEO_TS"], "movie", nil),
    ("movie.mkv", [], "movie", nil),
  ])
  func `is called as its file is, where the folder is of other films or says no more`(
    file: String, folders: [String], title: String, year: Int?
  ) {
    let film = FilmName(parsing: file, in: folders)
    #expect(film.title == title)
    #expect(film.year == year)
  }
}
