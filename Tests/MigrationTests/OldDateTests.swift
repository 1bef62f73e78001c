import Jobs
import Migration
import TestSupport
import Testing

/// When a film was made, by whatever tells of it.
struct OldDateTests {
  private static let told: [(text: String, moment: String)] = [
    ("\"created_at\": \"2025-05-06T10:00\"", "2025-05-06T10:00:00.000000"),
    ("\"created_at\": \"2025-05-07\"", "2025-05-07T00:00:00.000000"),
    ("\"created_at\": null, \"timestamp\": \"2025-05-08T01:02:03.5\"", "2025-05-08T01:02:03.500000"),
    ("\"updated_at\": \"2025-05-09T10:00:00\"", "2025-05-09T10:00:00.000000"),
    (
      "\"updated_at\": \"2025-05-12T00:00:00\", \"stages\": {\"demux\": {\"status\": \"success\", "
        + "\"started_at\": \"2025-05-10T10:00:00\"}}", "2025-05-10T10:00:00.000000"
    ),
    (
      "\"pipeline\": {\"steps\": {\"demux\": {\"completed_at\": \"2025-05-11T10:00:00\"}}}",
      "2025-05-11T10:00:00.000000"
    ),
  ]

  @Test(arguments: told)
  func `a manifest tells the date in many ways`(_ told: (text: String, moment: String)) throws {
    let workspace = try OldWorkspace()
    try workspace.film("Film_2001", manifest: "{\"movie_dir\": \"out/Film_2001\", \(told.text)}")
    let entry = try workspace.entry("Film_2001")
    #expect(entry.created?.text == told.moment && entry.dateSource == "manifest")
  }

  @Test func `seconds since 1970 are a date, and so is what is left of a manifest that was cut short`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("Count_2001", manifest: "{\"movie_dir\": \"x\", \"created_at\": 1746612000.25}")
    try workspace.film("Cut_2002", manifest: "{\"created_at\": \"2025-07-03T10:00:00\", \"stages\": {\"demux\": {\"st")
    let count = try workspace.entry("Count_2001").created
    #expect(count == Timestamp("2025-05-07T10:00:00.25Z"))
    #expect(try workspace.entry("Cut_2002").created?.text == "2025-07-03T10:00:00.000000")
  }

  @Test func `a log that tells of a directory by its content dates it`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("Film_2001")
    try workspace.folder.file("logs/demux_20250510_100000.log", "writing out/Film_2001/audio\n")
    let entry = try workspace.entry("Film_2001")
    #expect(entry.created?.text == "2025-05-10T10:00:00.000000" && entry.dateSource == "log")
  }

  @Test func `one source can be asked for`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("Film_2001", manifest: OldWorkspace.manifest())
    try workspace.folder.file("logs/demux_Film_2001_20250510_100000.log")
    let noon = try #require(Timestamp("2025-09-10T12:00:00")).microseconds * 1000
    for file in ["audio/audio.wav", "metadata/tmdb_data.json", "manifest.json"] {
      setModified(workspace.folder.path("out/Film_2001/\(file)"), noon)
    }
    for (source, day) in [("manifest", "20251027"), ("log", "20250510"), ("newest_file", "20250910")] {
      let entry = try workspace.entry("Film_2001", MigrationOptions(dateFrom: source))
      #expect(entry.dateSource == source)
      #expect(entry.created.map { JobDate($0).digits } == day, "\(source)")
    }
  }
}
