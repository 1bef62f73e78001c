import Jobs
import Migration
import TestSupport
import Testing

/// What film a tree is of, where its name does not say.
struct OldFilmTests {
  @Test func `a directory that was renamed is known by the names in it, and they follow`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("backup", stages: ["asr/Old_Name_1999.asr.json", "Old_Name_1999_with_subs.mp4"])
    let manifest = "{\"movie_dir\": \"out/Parinda_1989\", \"created_at\": \"2025-10-27T15:00:00\"}"
    let files = ["asr/Parinda_1989.asr.json", "en_merged/Parinda_1989.merged.srt"]
    try workspace.film("renamed_by_hand", manifest: manifest, stages: files)
    let (backup, renamed) = (try workspace.entry("backup"), try workspace.entry("renamed_by_hand"))
    #expect(backup.title == "Old Name" && backup.year == 1999 && backup.document["renames"]?.int == 2)
    #expect(renamed.title == "Parinda" && renamed.year == 1989 && renamed.document["renames"]?.int == 2)
    #expect(backup.titleSource == "directory" && backup.yearSource == "directory")
  }

  @Test func `the film that lies in the directory tells its year`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("Media_Within", stages: ["audio/audio.wav", "Media Within (1988).mp4", "trailer (1970).mp4"])
    let entry = try workspace.entry("Media_Within")
    #expect(entry.title == "Media Within" && entry.year == 1988)
    #expect(entry.titleSource == "input_file" && entry.yearSource == "input_file")
  }

  @Test func `the film database tells the year, and a title that reads as a release's word`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("Tmdb_Year", stages: ["audio/audio.wav"])
    let film = "{\"title\": \"Tmdb Year\", \"release_date\": \"1994-02-25\"}"
    try workspace.folder.file("out/Tmdb_Year/metadata/tmdb_data.json", film)
    let entry = try workspace.entry("Tmdb_Year")
    #expect(entry.title == "Tmdb Year" && entry.year == 1994)
    #expect(entry.titleSource == "tmdb" && entry.yearSource == "tmdb")
  }

  @Test func `the manifest tells the signs that a directory's name lacks, or the year, and it is said which`() throws {
    let workspace = try OldWorkspace()
    try workspace.film(
      "Whats_Up_Doc_1972", manifest: OldWorkspace.manifest(title: "What's Up, Doc?", year: "1972"))
    try workspace.film("Highway", manifest: OldWorkspace.manifest(title: "Highway", year: "2014"))
    let (signs, year) = (try workspace.entry("Whats_Up_Doc_1972"), try workspace.entry("Highway"))
    #expect(signs.title == "What's Up, Doc?" && signs.year == 1972)
    #expect(signs.titleSource == "manifest" && signs.yearSource == "directory")
    #expect(year.title == "Highway" && year.year == 2014)
    #expect(year.titleSource == "directory" && year.yearSource == "manifest")
  }

  @Test(arguments: ["in/AV01234.mp4", "/data/in/"])
  func `a file without a film's name is no evidence against manifest and directory`(_ file: String) throws {
    let workspace = try OldWorkspace()
    try workspace.film("Highway_2014", manifest: OldWorkspace.manifest(input: file, title: "Highway", year: "2014"))
    let entry = try workspace.entry("Highway_2014")
    #expect(entry.title == "Highway" && entry.year == 2014)
    #expect(entry.titleSource == "directory" && entry.yearSource == "directory")
  }

  @Test func `a year whose digits changed places is the film's in the input folder`() throws {
    let workspace = try OldWorkspace()
    try workspace.folder.file("in/Fukrey_2013.mp4")
    try workspace.folder.file("in/Blade Runner (1982).mkv")
    try workspace.film("Fukrey_2031")
    try workspace.film("Blade_Runner_2049")
    let (swapped, right) = (try workspace.entry("Fukrey_2031"), try workspace.entry("Blade_Runner_2049"))
    #expect(swapped.title == "Fukrey" && swapped.year == 2013)
    #expect(swapped.titleSource == "in_folder" && swapped.yearSource == "in_folder")
    #expect(swapped.problems.contains { $0.message.contains("\"Fukrey 2031\"; the film in in/ counts") })
    #expect(right.title == "Blade Runner 2049" && right.year == nil)
    #expect(right.titleSource == "directory" && right.yearSource == nil)
  }

  @Test func `an ampersand that a writer dropped is the film's all the same`() throws {
    let workspace = try OldWorkspace()
    try workspace.folder.file("in/Dil & Dosti (2007).mp4")
    try workspace.film("Dil__Dosti_2007")
    try workspace.film("Dil_&_Dosti_2007")
    let (bare, whole) = (try workspace.entry("Dil__Dosti_2007"), try workspace.entry("Dil_&_Dosti_2007"))
    #expect(bare.title == "Dil & Dosti" && bare.twins == ["out/Dil_&_Dosti_2007"])
    #expect(whole.title == "Dil & Dosti" && whole.twins == ["out/Dil__Dosti_2007"])
  }

  @Test func `of three directories of one film each names the two others`() throws {
    let workspace = try OldWorkspace()
    let names = ["Whats_Up_Doc_1972", "What's_Up,_Doc?_1972", "What's Up, Doc? (1972) 1080p"]
    for name in names + ["Don_1978"] { try workspace.film(name) }
    let paths = Set(names.map { "out/\($0)" })
    for name in names {
      let entry = try workspace.entry(name)
      #expect(entry.twins.count == 2 && Set(entry.twins) == paths.subtracting([entry.path]))
      #expect(entry.isMigrated)
    }
    #expect(try workspace.entry("Don_1978").twins == [])
  }
}
