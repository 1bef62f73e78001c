import Foundation
import Jobs
import Migration
import SystemPackage
import TestSupport
import Testing

/// Names, manifests and shapes that have been seen, one at a time.
struct OddTreeTests {
  private static let names: [(name: String, title: String, year: Int?)] = [
    ("-Dash_2001", "Dash", 2001), ("2012_(2009)", "2012", 2009), ("शोले_1975", "शोले", 1975),
    ("The.Matrix.1999.1080p.BluRay.x264-GRP", "The Matrix", 1999), ("Some_Film_1080", "Some Film", nil),
    ("Kaante_2002_2002", "Kaante", 2002), ("2012_2012", "2012", 2012),
    ("2012", "2012", nil), ("Whats_Up_1999", "Whats Up", 1999), ("Kabhi_Haan_Kabhi_Naa", "Kabhi Haan Kabhi Naa", nil),
  ]

  @Test(arguments: names)
  func `a directory's name tells the film`(_ film: (name: String, title: String, year: Int?)) throws {
    let workspace = try OldWorkspace()
    try workspace.film(film.name)
    let entry = try workspace.entry(film.name)
    #expect(entry.kind == .movie)
    #expect(entry.title == film.title)
    #expect(entry.year == film.year)
    #expect(entry.isMigrated)
  }

  @Test func `the film's file counts more than what stands beside it`() throws {
    let workspace = try OldWorkspace()
    let manifest = OldWorkspace.manifest(input: "in/Sholay (1975) 1080p.mkv", title: "Sholay 1975", year: "1080")
    try workspace.film("Sholay_1080", manifest: manifest)
    let entry = try workspace.entry("Sholay_1080")
    #expect(entry.title == "Sholay" && entry.year == 1975)
    #expect(entry.titleSource == "input_file" && entry.yearSource == "input_file")
    #expect(entry.problems.contains { $0.message.contains("1080") })
  }

  @Test func `the film in the input folder is found by a name without its signs`() throws {
    let workspace = try OldWorkspace()
    try workspace.folder.file("in/What's Up, Doc? 1972.mkv")
    try workspace.folder.file("in/शोले 1975.mkv")
    try workspace.film("Whats_Up_Doc_1972")
    try workspace.film("शल_1975")
    #expect(try workspace.entry("Whats_Up_Doc_1972").title == "What's Up, Doc?")
    #expect(try workspace.entry("शल_1975").title == "शोले")
  }

  @Test(arguments: [
    ("[Group] Kimi no Na wa. (2016) v2.mkv", "Group_Kimi_no_Na_wa_2016", "Kimi no Na wa", 2016),
    ("Blade.Runner.2049.2017.1080p.mkv", "BladeRunner_2049", "Blade Runner 2049", 2017),
    ("www.site.tld - Khel Khel Mein (2024) 1080p.mkv", "wwwsitetld_-_Khel_Khel_Mein_2024", "Khel Khel Mein", 2024),
    ("2001.A.Space.Odyssey.1968.mkv", "2001", "2001", nil),
  ])
  func `the film in the input folder is found by all that stands before a year in its name`(
    file: String, directory: String, title: String, year: Int?
  ) throws {
    let workspace = try OldWorkspace()
    try workspace.folder.file("in/\(file)")
    try workspace.film(directory)
    let entry = try workspace.entry(directory)
    #expect(entry.title == title && entry.year == year)
  }

  @Test func `episodes of a serial are no twins`() throws {
    let workspace = try OldWorkspace()
    for name in ["Serial.S01E03.1080p", "Serial.S01E04.1080p", "Serial_S01E04"] { try workspace.film(name) }
    #expect(try workspace.entry("Serial.S01E03.1080p").twins == [])
    #expect(try workspace.entry("Serial.S01E04.1080p").twins == ["out/Serial_S01E04"])
  }

  @Test(arguments: ["", "{\"version\": \"1.0.0\", \"stages\": {\"demux\": {\"sta", "\0\0\0\0"])
  func `a manifest that cannot be read is a warning, and the files tell the stages`(_ text: String) throws {
    let workspace = try OldWorkspace()
    try workspace.film("Film_2001", manifest: text)
    let entry = try workspace.entry("Film_2001")
    #expect(entry.completedStages == ["demux", "tmdb"])
    #expect(entry.status == .interrupted)
    #expect(entry.problems.contains { $0.severity == .warning && $0.message.contains("manifest.json") })
    #expect(entry.isMigrated)
  }

  @Test func `an output in a folder that is a link counts as there`() throws {
    let workspace = try OldWorkspace()
    let sound = try workspace.folder.file("elsewhere/audio.wav", "sound")
    try workspace.film("Film_2001", manifest: OldWorkspace.manifest(), stages: ["metadata/tmdb_data.json"])
    try FileManager.default.createSymbolicLink(
      atPath: workspace.folder.path("out/Film_2001/audio").string, withDestinationPath: "../../elsewhere")
    let entry = try workspace.entry("Film_2001")
    #expect(entry.completedStages == ["demux", "tmdb"])
    #expect(!entry.problems.contains { $0.message.contains("its output is gone") })
    #expect(unlink(sound.string) == 0)
    #expect(try workspace.entry("Film_2001").problems.contains { $0.message.contains("its output is gone") })
  }

  @Test func `a stage that came to succeed is not failed, whatever the lists say`() throws {
    let workspace = try OldWorkspace()
    let stages = ["demux", "tmdb", "asr", "mux"].map { ($0, "success") }
    let manifest = OldWorkspace.manifest(stages: stages, status: "failed", failed: ["asr"])
    try workspace.film("Film_2001", manifest: manifest)
    let entry = try workspace.entry("Film_2001")
    #expect(entry.status == .completed && entry.failedStages.isEmpty)
    #expect(entry.problems.contains { $0.message.contains("failed_stages still names asr") })
  }

  @Test func `a list of stages is read as one`() throws {
    let workspace = try OldWorkspace()
    let manifest = """
      {"status": "failed", "created_at": "2025-10-27T15:00:00", "stages": [
      {"name": "demux", "status": "completed"}, {"name": "lyrics-detection", "status": "completed"},
      {"name": "asr", "status": "failed"}], "job_id": "x"}
      """
    try workspace.film("Film_2001", manifest: manifest)
    let entry = try workspace.entry("Film_2001")
    #expect(
      entry.completedStages == ["demux", "lyrics_detection", "tmdb"]
        || entry.completedStages.contains("lyrics_detection"))
    #expect(entry.failedStages == ["asr"])
    #expect(entry.status == .failed)
  }

  @Test func `what is no job stays, and a folder of films gives its films`() throws {
    let workspace = try OldWorkspace()
    try workspace.folder.file("out/notes/todo.txt", "buy tapes")
    try workspace.folder.folder("out/empty")
    try workspace.folder.file("out/web/manifest.json", "{\"name\": \"page\", \"icons\": []}")
    try workspace.film("Hindi/Don_1978")
    let plan = try workspace.plan()
    func kind(_ path: String) -> MigrationEntry.Kind? { plan.first { $0.path == path }?.kind }
    #expect(kind("out/notes") == .other && kind("out/empty") == .other && kind("out/web") == .other)
    #expect(kind("out/Hindi") == .other)
    #expect(kind("out/Hindi/Don_1978") == .movie)
  }

  @Test func `numbers that a day has used are not given again`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("Film_2001", manifest: OldWorkspace.manifest())
    try workspace.folder.file("out/2025/10/27/2/20251027-004/manifest.json", "{\"job_id\": \"20251027-004\"}")
    try workspace.folder.folder("logs/2025/10/27/1/20251027-007")
    try workspace.folder.file("archive/2025/10/27/1/20251027-009.tar.zst")
    #expect(try workspace.entry("Film_2001").id?.description == "20251027-010")
  }

  @Test func `a live job is held back`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("Film_2001", manifest: OldWorkspace.manifest())
    let lock = try FileLock.take(workspace.root.pushing("out/Film_2001/.cpwx.lock"), subject: "the film")
    let entry = try workspace.entry("Film_2001")
    #expect(entry.isHeldBack && !entry.isMigrated)
    #expect(entry.problems.contains { $0.severity == .error && $0.message.contains("lock") })
    _ = consume lock
  }

  @Test(arguments: ["manifest.json", "job.env", "job_info.json"])
  func `a folder that bears a document's name keeps its tree back`(_ name: String) throws {
    let workspace = try OldWorkspace()
    try workspace.film("Film_2001")
    try workspace.folder.file("out/Film_2001/\(name)/a.txt")
    let entry = try workspace.entry("Film_2001")
    #expect(entry.isHeldBack && entry.problems.contains { $0.message.hasPrefix("\(name) is a folder") })
  }

  @Test func `files that every job has keep their names, whatever the folder is called`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("audio")
    try workspace.film("manifest", manifest: OldWorkspace.manifest())
    try workspace.film("final", stages: ["vad/silero_segments.json", "final_output.mp4", "final_with_subs.mp4"])
    let renames = try ["audio", "manifest", "final"].map { try workspace.entry($0).document["renames"]?.int }
    #expect(renames == [0, 0, 1])
  }

  @Test func `other layouts keep ids that are free, and get new ones for those that are not`() throws {
    let workspace = try OldWorkspace()
    for user in ["1", "2"] {
      let job = "out/2025/11/03/\(user)/20251103-0001"
      try workspace.folder.file("\(job)/job.json", "{\"job_id\": \"20251103-0001\", \"user_id\": \(user)}")
      try workspace.folder.file("\(job)/.20251103-0001.env", "JOB_ID=20251103-0001\n")
      try workspace.folder.file("\(job)/Sholay (1975).mkv", "film \(user)")
    }
    try workspace.folder.file(
      "out/2025/11/04/asha/3/job.json", "{\"job_id\": \"job-20251104-asha-0003\", \"status\": \"prepared\"}")
    let byNumber = "out/2025/11/04/1000/3"
    try workspace.folder.file("\(byNumber)/job.json", "{\"job_id\": \"job-20251104-1000-0003\"}")
    try workspace.folder.file("out/2025/11/05/20251105-002/manifest.json", OldWorkspace.manifest())
    let plan = try workspace.plan().filter { $0.kind == .dated }
    func id(_ path: String) -> String? { plan.first { $0.path == path }?.id?.description }
    #expect(id("out/2025/11/03/1/20251103-0001") == "20251103-0001")
    #expect(id("out/2025/11/03/2/20251103-0001") == "20251103-002")
    #expect(Set([id("out/2025/11/04/asha/3"), id(byNumber)]) == ["20251104-001", "20251104-002"])
    let numbered = plan.first { $0.path == byNumber }
    #expect(numbered?.userID == 1000 && numbered?.document["old_job_id"]?.string == "job-20251104-1000-0003")
    #expect(id("out/2025/11/05/20251105-002") == "20251105-002")
    #expect(plan.first { $0.path == "out/2025/11/03/1/20251103-0001" }?.title == "Sholay")
    #expect(plan.first { $0.path == "out/2025/11/04/asha/3" }?.status == .pending)
  }

  @Test func `a job that lies by its date is as far as its job.json says, where nothing else tells`() throws {
    let workspace = try OldWorkspace()
    for (number, status) in [(1, "running"), (2, "completed"), (3, "failed"), (4, "prepared")] {
      try workspace.folder.file("out/2025/11/04/asha/\(number)/job.json", "{\"status\": \"\(status)\"}")
    }
    let plan = try workspace.plan()
    let states = (1...4).map { number in plan.first { $0.path == "out/2025/11/04/asha/\(number)" }?.status }
    #expect(states == [.interrupted, .completed, .failed, .pending])
    #expect(plan.allSatisfy { $0.problems.isEmpty })
  }

  @Test func `times that cannot be are not believed`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("Film_2001", manifest: OldWorkspace.manifest(created: "2999-01-01T00:00:00"))
    try workspace.film("Film_2002", stages: ["audio/audio.wav", "vad/silero_segments.json"])
    for path in ["", "/audio", "/audio/audio.wav", "/vad", "/vad/silero_segments.json"] {
      setModified(workspace.root.pushing(FilePath("out/Film_2002\(path)")), -9_000_000_000_000_000_000)
    }
    for name in ["Film_2001", "Film_2002"] {
      let entry = try workspace.entry(name)
      #expect(entry.created.map { $0 <= .now } == true && entry.problems.contains { $0.severity == .warning })
      #expect(entry.isMigrated)
    }
  }

  @Test func `a log of a stage that nobody knows goes to the directory that its name ends with`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("Film_A_2001", manifest: OldWorkspace.manifest())
    try workspace.film("A_2001", manifest: OldWorkspace.manifest())
    try workspace.folder.file("logs/new_stage_Film_A_2001_20251027_150100.log")
    try workspace.folder.file("logs/new_stage_A_2001_20251027_150100.log")
    #expect(try workspace.entry("Film_A_2001").document["logs"]?.int == 1)
    #expect(try workspace.entry("A_2001").document["logs"]?.int == 1)
  }
}
