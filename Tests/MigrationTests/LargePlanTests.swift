import Foundation
import Jobs
import Migration
import SystemPackage
import TestSupport
import Testing

/// Plans of more trees than are held in memory.
struct LargePlanTests {
  /// The lines of a plan as it is kept, but for the last, and for trees whose names begin so.
  private func records(_ old: OldWorkspace, but prefix: String) throws -> [String] {
    let workspace = try Workspace(at: old.root, environment: [:])
    let plan = try MigrationPlan(of: OldTrees(nil, in: workspace), in: workspace, options: MigrationOptions())
    _ = try Migrator(workspace).begin(plan)
    let file = old.folder.path(".cpwx/migrations/m001/plan.ndjson").string
    let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map { String($0) }
    try FileManager.default.removeItem(atPath: old.folder.path(".cpwx").string)
    return lines.dropLast().filter { !$0.contains("out/\(prefix)") }
  }

  @Test func `what is to be done with a tree is the same, whether its entry is held in memory or in a file`() throws {
    let old = try OldWorkspace()
    let film = old.folder.path("out/Sholay_1975").string
    try old.film(
      "Sholay_1975",
      manifest: OldWorkspace.manifest(
        input: "in/Sholay (1975).mp4", title: "Sholay", year: "1975",
        stages: [("demux", "success"), ("asr", "failed")],
        status: "failed", failed: ["asr"]),
      stages: ["audio/audio.wav", "en_merged/Sholay_1975.merged.srt", "diarization/Sholay_1975.speaker_segments.json"])
    try FileManager.default.createSymbolicLink(
      atPath: film + "/last.srt", withDestinationPath: "en_merged/Sholay_1975.merged.srt")
    try old.folder.file("logs/asr_Sholay_1975_20251027_150001.log", "heard")
    try old.folder.file("logs/nobody_20250101_000000.log", "of nobody")
    try old.film("Sholay", manifest: OldWorkspace.manifest(title: "Sholay"))
    try old.film("Unreadable_1980", manifest: "{")
    // A day that no log or record tells.
    try old.folder.file("logs/asr_Unreadable_1980_20251026_100000.log", "heard")
    let prepared = "out/2025/09/10/2/20250910-0001"
    try old.folder.file(prepared + "/job.json", "{\"input_media\": \"/x/Prep Film (2011).mp4\"}")
    try old.folder.file(prepared + "/job.env", "OF=another\n")
    try old.folder.file(prepared + "/.20250910-0001.env", "A=1\n")
    let waiting = "jobs/2025/09/11/20250911-0001"
    try old.folder.file(waiting + "/Jobs Film (2011).mp4", "film")
    try FileManager.default.createSymbolicLink(
      atPath: old.folder.path(waiting + "/sound").string,
      withDestinationPath: "../../../../../out/Sholay_1975/audio")
    try old.folder.file("out/2025/09/12/bob/3/job.json", "{\"job_id\": \"job-20250912-bob-0003\"}")
    try old.folder.file("logs/2025/09/12/bob/3/demux.log", "heard")
    try old.folder.file("out/notes.txt", "of no film")
    let few = try records(old, but: "0_Film")
    #expect(few.count >= 8 && few.count { $0.contains("\"work\":") } >= 6, "\(few)")
    let later = OldWorkspace.manifest(created: "2025-11-01T10:00:00.000001")
    for number in 1...1_030 { try old.film("0_Film_\(number)", manifest: later, stages: []) }
    #expect(try records(old, but: "0_Film") == few)
  }

  @Test func `names of logs are told right, whether they are held in memory or in a file`() throws {
    let old = try OldWorkspace()
    try old.film("Sholay_1975", manifest: OldWorkspace.manifest())
    try old.folder.file("logs/asr_Sholay_1975_20251027_150001.log", "heard")
    let name = String(repeating: "long", count: 50)
    let logs = (1_000..<3_700).map { "logs/asr_\(name)_\($0)_20251027_150001.log" }
    for log in logs { #expect(FileManager.default.createFile(atPath: old.folder.path(log).string, contents: nil)) }
    let plan = try old.plan()
    #expect(plan.map(\.path).filter { $0.hasPrefix("logs/") } == logs)
    #expect(plan.first { $0.path == "out/Sholay_1975" }?.document["logs"]?.int == 1)
  }

  @Test func `logs go along with their jobs, also when there are more of them than are held in memory`() throws {
    let old = try OldWorkspace()
    let films = ["Sholay_1975", "Deewaar_1975", "Zanjeer_1973"]
    for film in films { try old.film(film, manifest: OldWorkspace.manifest()) }
    var logs: [String: [String]] = [:]
    for number in 0..<20_000 {
      let film = films[number % films.count]
      let moment = [number / 3600, number / 60 % 60, number % 60].map { String($0 + 100).dropFirst() }.joined()
      let log = old.folder.path("logs/asr_\(film)_20251027_\(moment).log").string
      #expect(FileManager.default.createFile(atPath: log, contents: nil))
      logs["out/\(film)", default: []].append(log)
    }
    for record in try records(old, but: "0_Film") {
      let entry = try JSON(parsing: Array(record.utf8))
      let path = try #require(entry["path"]?.string)
      #expect(entry["work"]?["logs"]?.array?.compactMap(\.string) == logs.removeValue(forKey: path))
    }
    #expect(logs.isEmpty)
  }
}
