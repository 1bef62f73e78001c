import CLinux
import Foundation
import Jobs
import Testing

/// The trees that the old application left, and what is known to be right of each, through the built program.
struct LegacyTreeTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../MigrationTests/Fixtures").standardizedFileURL

  @Test func `every log goes to its job's folder`() throws {
    let archive = Self.fixtures.appending(path: "legacy-trees.tar.gz").path
    let expected = try JSON(parsing: Array(Data(contentsOf: Self.fixtures.appending(path: "legacy-expected.json"))))
    try TestWorkspace.with { workspace in
      #expect(try workspace.start(["tar", "-xzf", archive]).wait().code == 0)
      let done = try workspace.cpwx("migrate", "--from-legacy", "--format", "json")
      let entries = try #require(try JSON(parsing: done.output.utf8)["entries"]?.array)
      for film in expected["entries"]?.array ?? [] where film["kind"]?.string == "movie" {
        let path = "out/\(film["dir"]?.string ?? "")"
        let output = try #require(entries.first { $0["path"]?.string == path }?["output_dir"]?.string)
        let logs = workspace.tree("logs" + output.dropFirst("out".count))
        #expect(logs == (film["logs"]?.array ?? []).compactMap(\.string).sorted(), "\(path)")
      }
    }
  }

  @Test func `all that is known to be right of each tree is told, and done`() throws {
    let archive = Self.fixtures.appending(path: "legacy-trees.tar.gz").path
    let expected = try JSON(parsing: Array(Data(contentsOf: Self.fixtures.appending(path: "legacy-expected.json"))))
    try TestWorkspace.with { workspace in
      #expect(try workspace.start(["tar", "-xzf", archive]).wait().code == 0)
      let plan = try #require(try workspace.json("migrate", "--from-legacy", "-n")["entries"]?.array)
      let films = expected["entries"]?.array ?? []
      for film in films { try check(film, by: plan, expected) }
      #expect(plan.count == films.count, "nothing else is there")
      let done = try #require(try workspace.json("migrate", "--from-legacy")["entries"]?.array)
      #expect(done == plan)
      for entry in plan where entry["kind"]?.string == "movie" {
        let path = try #require(entry["output_dir"]?.string)
        let shown = try workspace.json("job", "show", path)
        for key in ["title", "year", "status", "job_id", "user_id"] {
          #expect(shown[key] == entry[key], "\(path): \(key)")
        }
        #expect(shown["input"]?.string?.hasPrefix("in/") == true && workspace.exists(shown["input"]?.string ?? ""))
        let manifest = try workspace.manifest(of: path)
        #expect(manifest["created_at"] == entry["created_at"])
        let film = try #require(films.first { entry["path"]?.string == "out/\($0["dir"]?.string ?? "")" })
        if let updated = film["manifest_updated_at"]?.string {
          // Where the manifest of its time has it.
          #expect((manifest["updated_at"] ?? manifest["timing"]?["completed_at"])?.string == updated, "\(path)")
        }
        let oldest = try #require(film["mtime_oldest"]?.string.flatMap { Timestamp($0) })
        let files = Set(workspace.tree(path)).subtracting(["manifest.json", "job.env", "job_info.json"])
        let times = files.compactMap { modified(workspace.path("\(path)/\($0)")) }
        // The archive of the trees has whole seconds.
        #expect(abs((times.min() ?? 0) - oldest.microseconds / 1_000_000) <= 1, "\(path)")
        #expect(manifest["pipeline"]?["completed_stages"] == entry["completed_stages"])
        #expect(try workspace.cpwx("manifest", "validate", path).code == 0)
      }
    }
  }

  /// When a file was last changed, in seconds; `nil` for what is no file.
  private func modified(_ path: String) -> Int64? {
    var raw = stat()
    return lstat(path, &raw) == 0 && raw.st_mode & S_IFMT == S_IFREG ? Int64(raw.st_mtim.tv_sec) : nil
  }

  private func check(_ film: JSON, by plan: [JSON], _ expected: JSON) throws {
    let name = try #require(film["dir"]?.string)
    let entry = try #require(plan.first { $0["path"]?.string == "out/\(name)" }, "\(name)")
    guard film["kind"]?.string == "movie" else {
      #expect(entry["kind"]?.string == "other" && entry["action"]?.string == "leave", "\(name)")
      for key in ["title", "year", "status", "job_id", "output_dir"] { #expect(entry[key]?.isNull == true, "\(name)") }
      return
    }
    for key in ["title", "year", "status"] {
      #expect(film["\(key)_accept"]?.array?.contains(entry[key] ?? .null) == true, "\(name): \(key)")
    }
    let right = film["completed_stages_accept"]?.array ?? [film["completed_stages"] ?? .null]
    #expect(
      right.contains(entry["completed_stages"] ?? .null) && entry["failed_stages"] == film["failed_stages"], "\(name)")
    #expect(entry["user_id"] == expected["user_default"] && entry["logs"]?.int == film["logs"]?.array?.count, "\(name)")
    let created = film["manifest_created_at"]?.string
    let day = try #require((created ?? film["mtime_newest"]?.string)?.prefix(10))
    #expect(entry["date"]?.string.map { $0[...] } == day, "\(name)")
    if let created { #expect(entry["created_at"]?.string == created && entry["date_source"]?.string == "manifest") }
    if film["manifest"]?.isNull == true { #expect(entry["date_source"]?.string == "newest_file", "\(name)") }
    let id = try #require(entry["job_id"]?.string)
    #expect(id.hasPrefix(day.filter { $0 != "-" } + "-"), "\(name)")
    let folder = day.split(separator: "-").joined(separator: "/")
    #expect(entry["output_dir"]?.string == "out/\(folder)/1/\(id)", "\(name)")
    let problems = entry["problems"]?.array ?? []
    func tells(_ severity: String, _ text: String) -> Bool {
      problems.contains { $0["severity"]?.string == severity && $0["message"]?.string?.contains(text) == true }
    }
    if film["manifest"]?.string == "corrupt-truncated" { #expect(tells("warning", "is cut short"), "\(name)") }
    if film["manifest"]?.isNull == true { #expect(tells("info", "there is no manifest"), "\(name)") }
    for stage in film["manifest_claims"]?["failed_stages"]?.array ?? [] {
      #expect(tells("info", "failed_stages still names \(stage.string ?? "")"), "\(name)")
    }
    let group = film["group"]?.string
    let twins = (expected["entries"]?.array ?? []).filter { $0["group"]?.string == group && group != nil }
      .compactMap { $0["dir"]?.string }.filter { $0 != name }.map { "out/\($0)" }
    #expect(entry["twins"]?.array?.compactMap(\.string) == twins, "\(name)")
    for hazard in film["hazards"]?.array ?? [] { check(hazard.string ?? "", entry, tells) }
  }

  /// Of what could mislead in a tree, what shows that it did not.
  private func check(_ hazard: String, _ entry: JSON, _ tells: (String, String) -> Bool) {
    func has(_ key: String, _ text: String) -> Bool { entry[key]?.array?.contains { $0.string == text } == true }
    let signs: [(hazard: String, isSeen: Bool)] = [
      ("en_merged/*.srt not", has("writes", "subtitles/subtitles.srt")),
      ("file names carry the dir name", (entry["renames"]?.int ?? 0) > 0),
      ("year is a JSON string", entry["year"]?.int != nil),
      ("skipped_stages holds the failed stage", has("failed_stages", "mux")),
      ("StageManifest of demux was overwritten", has("completed_stages", "demux")),
      ("resumed_at present", entry["status"]?.string == "completed"),
      ("skipped_stages still lists mux", has("completed_stages", "mux")),
      ("failed_stages is sticky", entry["failed_stages"]?.array?.isEmpty == true),
      ("no manifest: stages only from files", tells("info", "the files alone tell of the stages")),
      ("every stage left its output", has("completed_stages", "mux")),
      ("killed mid-write", tells("warning", "is cut short")),
      ("shell metacharacters", entry["output_dir"]?.string != nil),
      ("twin dir", entry["twins"]?.array?.isEmpty == false),
      ("same title as", entry["twins"]?.array?.isEmpty == true),
    ]
    guard let sign = signs.first(where: { hazard.contains($0.hazard) }) else {
      Issue.record("nothing shows whether this misled: \(hazard)")
      return
    }
    #expect(sign.isSeen, "\(entry["path"]?.string ?? ""): \(hazard)")
  }
}
