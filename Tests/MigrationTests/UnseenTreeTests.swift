import Jobs
import Migration
import SystemPackage
import TestSupport
import Testing

/// Trees as others than the application's own writers left them.
struct UnseenTreeTests {
  @Test(arguments: [
    "in/movie.mp4", "/home/user/Films/Parinda (1989)/movie.mkv", "in/x.mp4", "in/Unknown_Movie.mkv",
    #"C:\Films\movie.mp4"#, #"\\nas\films\movie.mp4"#,
  ])
  func `a file whose name could be any film's is no evidence against the directory`(_ file: String) throws {
    let workspace = try OldWorkspace()
    try workspace.film("Parinda_1989", manifest: OldWorkspace.manifest(input: file, title: "Parinda", year: "1989"))
    try workspace.film("Ijaazat_1987", manifest: OldWorkspace.manifest(input: file))
    let (parinda, ijaazat) = (try workspace.entry("Parinda_1989"), try workspace.entry("Ijaazat_1987"))
    #expect(parinda.title == "Parinda" && parinda.year == 1989)
    #expect(ijaazat.title == "Ijaazat" && ijaazat.year == 1987)
  }

  @Test(arguments: [
    "\"2025/05/06 10:00:00\"", "\"20250506_100000\"", "\"20250506T100000\"", "\"2025-05-06 10:00:00\"",
    "\"20250506\"", "\"2025/05/06\"",
  ])
  func `days are told in other forms, too`(_ value: String) throws {
    let workspace = try OldWorkspace()
    let later = "\"stages\": {\"demux\": {\"status\": \"success\", \"started_at\": \"2025-05-20T10:00:00\"}}"
    try workspace.film("Film_2001", manifest: "{\"movie_dir\": \"x\", \"created_at\": \(value), \(later)}")
    let entry = try workspace.entry("Film_2001")
    #expect(entry.created.map { JobDate($0).digits } == "20250506" && entry.dateSource == "manifest")
    #expect(entry.problems.allSatisfy { $0.severity == .info })
  }

  @Test func `seconds since 1970 are a date in quotes, too`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("Film_2001", manifest: "{\"movie_dir\": \"x\", \"created_at\": \"1746612000\"}")
    #expect(try workspace.entry("Film_2001").created == Timestamp("2025-05-07T10:00:00Z"))
  }

  private static let encodings: [[UInt8]] = {
    let text = OldWorkspace.manifest(
      input: "in/Amélie’s Film (2001).mp4", stages: [("demux", "success"), ("asr", "failed")])
    let units = Array(text.utf16)
    let single: [UInt8] = text.unicodeScalars.map { $0 == "’" ? 0x92 : UInt8(truncatingIfNeeded: $0.value) }
    return [
      Array(text.utf8), [0xEF, 0xBB, 0xBF] + text.utf8,
      [0xFF, 0xFE] + units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] },
      [0xFE, 0xFF] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }, single,
    ]
  }()

  @Test(arguments: encodings)
  func `a manifest is read in whatever encoding it was written`(_ bytes: [UInt8]) throws {
    let workspace = try OldWorkspace()
    try workspace.film("Amlies_Film_2001")
    try DurableFile.write(bytes, to: workspace.root.pushing("out/Amlies_Film_2001/manifest.json"))
    let entry = try workspace.entry("Amlies_Film_2001")
    #expect(entry.title == "Amélie’s Film" && entry.year == 2001 && entry.failedStages == ["asr"])
    #expect(entry.created?.text == "2025-10-27T15:00:00.274422")
    #expect(entry.problems.allSatisfy { $0.severity == .info }, "\(entry.problems)")
  }

  @Test func `films lie in folders of folders`() throws {
    let workspace = try OldWorkspace()
    for name in ["Hindi/Seventies/Don_1978", "Hindi/Anand_1971", "old/out/Guide_1965", "old/a/b/Lagaan_2001"] {
      try workspace.film(name, manifest: OldWorkspace.manifest())
    }
    try workspace.film("Hindi/Anand_1971/old/Anand_1971", manifest: OldWorkspace.manifest())
    let plan = try workspace.plan()
    #expect(
      Set(plan.filter(\.isMigrated).map(\.path)) == [
        "out/Hindi/Seventies/Don_1978", "out/Hindi/Anand_1971", "out/old/out/Guide_1965", "out/old/a/b/Lagaan_2001",
      ])
    let hindi = plan.first { $0.path == "out/Hindi" }
    #expect(hindi?.kind == .other && hindi?.problems.first?.message == "holds 2 films' directories")
  }

  @Test func `days within a folder of films are told of`() throws {
    let workspace = try OldWorkspace()
    let id = "20251030-001"
    try workspace.folder.file("out/out/2025/10/30/1/\(id)/manifest.json", "{\"job_id\": \"\(id)\", \"stages\": {}}")
    let plan = try workspace.plan()
    #expect(plan.map(\.path) == ["out/out"])
    let message = plan[0].problems.first { $0.severity == .warning }?.message
    #expect(message?.contains("cpwx migrate --from-legacy 'out/out'") == true, "\(plan[0].problems)")
    let here = try Workspace(at: workspace.root, environment: [:])
    let inner = try MigrationPlan(
      of: OldTrees(workspace.root.pushing("out/out"), in: here), in: here, options: MigrationOptions())
    var found: [String?] = []
    try inner.forEach { if $0.kind == .dated { found.append($0.id?.description) } }
    #expect(found == [id])
  }

  @Test func `a film's directory that somebody put among a day's jobs is known for what it is`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("2025/10/30/Don_1978", manifest: OldWorkspace.manifest())
    try workspace.film("2025/10/30/2/Anand_1971", manifest: OldWorkspace.manifest(created: "2025-10-30T10:00:00"))
    try workspace.film("2025/10/30/2/7", manifest: OldWorkspace.manifest())
    let (don, anand) = (try workspace.entry("2025/10/30/Don_1978"), try workspace.entry("2025/10/30/2/Anand_1971"))
    #expect(don.kind == .movie && don.title == "Don" && don.year == 1978 && don.id?.description == "20251027-001")
    #expect(anand.title == "Anand" && anand.year == 1971 && anand.userID == 2 && anand.isMigrated)
    #expect(try workspace.entry("2025/10/30/2/7").title == nil)
  }

  @Test func `a film's directory without a manifest is found wherever among the days somebody put it`() throws {
    let workspace = try OldWorkspace()
    for name in ["2025/Don_1978", "2025/10/Anand_1971", "2025/10/30/Guide_1965"] { try workspace.film(name) }
    try workspace.film("2025/10/30/2/Swades_2004")
    try workspace.folder.file("out/2025/10/30/2/trailers/Swades (2004).mp4", "film")
    for name in ["2025/notes", "2025/10/notes", "2025/10/30/2/notes"] { try workspace.folder.file("out/\(name)/a.txt") }
    let plan = try workspace.plan()
    let films = plan.filter(\.isMigrated)
    #expect(Set(films.map(\.title)) == ["Don", "Anand", "Guide", "Swades"])
    #expect(films.first { $0.title == "Swades" }?.userID == 2)
    #expect(plan.count == 8 && plan.filter { $0.kind == .other }.allSatisfy { $0.problems.isEmpty })
  }

  @Test func `a job.json beside a film's manifest tells of it, and an id that it had is recorded`() throws {
    let workspace = try OldWorkspace()
    let list = "{\"status\": \"failed\", \"stages\": [{\"name\": \"asr\", \"status\": \"failed\"}]}"
    try workspace.film("Later_2018", manifest: list)
    let job = "{\"job_id\": \"job-20251001-2-0007\", \"user_id\": 2, \"input_media\": \"/x/Later On (2018).mkv\"}"
    try workspace.folder.file("out/Later_2018/job.json", job)
    let named = OldWorkspace.manifest().dropFirst()
    try workspace.film("Film_2001", manifest: "{\"job_id\": \"20251001-004\", " + named)
    let (later, film) = (try workspace.entry("Later_2018"), try workspace.entry("Film_2001"))
    #expect(later.title == "Later On" && later.userID == 2 && later.failedStages == ["asr"])
    #expect(later.document["old_job_id"]?.string == "job-20251001-2-0007")
    #expect(film.document["old_job_id"]?.string == "20251001-004")
  }
}
