import Foundation
import Jobs
import Testing

/// `cpwx migrate`: old trees get their new places, and go back.
struct MigrateTests {
  @Test func `a dry run shows what the run then does, and changes nothing`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      let before = try Inventory(workspace.root)
      let shown = try workspace.cpwx("migrate", "--from-legacy", "-n", "--format", "json")
      #expect(shown.code == 0, "\(shown.errors)")
      #expect(try Inventory(workspace.root).difference(from: before) == [])
      #expect(!workspace.exists(".cpwx"))
      let done = try workspace.cpwx("migrate", "--from-legacy", "--format", "json")
      #expect(done.code == 0, "\(done.errors)")
      let (plan, result) = (try JSON(parsing: shown.output.utf8), try JSON(parsing: done.output.utf8))
      #expect(plan["migration_id"]?.isNull == true && result["migration_id"]?.string == "m001")
      #expect(plan["entries"] == result["entries"])
      let entry = try #require(plan["entries"]?.array?.first { $0["path"]?.string == "out/Sholay_1975" })
      let keys: Set = [
        "path", "kind", "title", "year", "status", "completed_stages", "failed_stages", "job_id", "output_dir", "date",
        "date_source", "twins", "problems",
      ]
      #expect(entry.keys.isSuperset(of: keys))
      #expect(entry["output_dir"]?.string == "out/2025/10/27/1/20251027-001")
    }
  }

  @Test(arguments: ["csv", "table", "ndjson"])
  func `in every format a dry run shows what the run then does`(_ format: String) throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      let shown = try workspace.cpwx("migrate", "--from-legacy", "-n", "--format", format)
      let done = try workspace.cpwx("migrate", "--from-legacy", "--format", format)
      #expect(!shown.output.isEmpty && shown.output == done.output)
    }
  }

  @Test func `a plan names all that is written, and where there is room a table has user and place`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      let plan = try workspace.json("migrate", "--from-legacy", "-n")["entries"]?.array ?? []
      let entry = try #require(plan.first { $0["path"]?.string == "out/Sholay_1975" })
      let writes = (entry["writes"]?.array ?? []).compactMap(\.string)
      #expect(writes.contains("manifest.json") && writes.contains("manifest.legacy.json"), "\(writes)")
      #expect(writes.contains("transcription/transcript.json"), "\(writes)")
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let files = Set(workspace.tree(workspace.migrated("20251027-001")))
      #expect(files.isSuperset(of: writes), "\(writes)")
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      let wide = try workspace.shown("migrate --from-legacy -n", columns: 260)
      #expect(wide.contains { $0.contains("USER") && $0.contains("NEW DIRECTORY") }, "\(wide)")
      let narrow = try workspace.shown("migrate --from-legacy -n", columns: 80)
      #expect(!narrow.contains { $0.contains("NEW DIRECTORY") }, "\(narrow)")
    }
  }

  @Test func `names, links, logs and records follow the directory`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      let old = try workspace.bytes("out/Sholay_1975/manifest.json")
      let outcome = try workspace.cpwx("migrate", "--from-legacy")
      #expect(outcome.code == 0, "\(outcome.errors)")
      let job = workspace.migrated("20251027-001")
      let files = workspace.tree(job)
      #expect(files.contains("asr/20251027-001.asr.json") && !files.contains { $0.contains("Sholay_1975.") })
      #expect(try workspace.read(job + "/transcription/transcript.json").contains("Sholay"))
      #expect(try workspace.read(job + "/subtitles/subtitles.srt").contains("Sholay"))
      #expect(try workspace.read(job + "/film.mp4") == "moving pictures")
      #expect(try workspace.read(job + "/last.srt").contains("Sholay"))
      #expect(workspace.exists(job + "/asr/other/audio.wav"))
      let dangling = try FileManager.default.destinationOfSymbolicLink(atPath: job + "/gone")
      #expect(dangling == "../../../../../nothing/here")
      #expect(try workspace.mode(job) == 0o555 && workspace.mode(job + "/asr") == 0o555)
      #expect(workspace.exists("logs/2025/10/27/1/20251027-001/asr_Sholay_1975_20251027_100000.log"))
      #expect(workspace.exists("logs/nobody_20250101_000000.log") && workspace.exists("out/notes.txt"))
      let env = try workspace.read(job + "/job.env")
      #expect(env.contains("JOB_ID=20251027-001") && env.contains("# settings") && env.contains("HF_TOKEN=\n"))
      #expect(env.contains("\n# Left out by cpwx migrate, because they are secret: "), "\(env)")
      #expect(!env.contains("secret_"))
      #expect(try workspace.mode(job + "/job.env") == 0o600)
      #expect(try workspace.bytes(job + "/manifest.legacy.json") == old)
      let manifest = try workspace.manifest(of: job)
      #expect(manifest["migrated_from"]?["path"]?.string == "out/Sholay_1975")
      let renamed = manifest["migrated_from"]?["renamed"]?.array ?? []
      let asr = renamed.first { $0["from"]?.string == "asr/Sholay_1975.asr.json" }
      #expect(asr?["to"]?.string == "asr/20251027-001.asr.json", "\(renamed)")
      let places = renamed.compactMap { $0["to"]?.string }
      #expect(places.count == 4 && files.filter { places.contains($0) }.count == 4, "\(places)")
      #expect(manifest["pipeline"]?["failed_stages"]?.array?.compactMap(\.string) == ["mux"])
      let validation = try workspace.cpwx("manifest", "validate", job)
      #expect(validation.code == 0, "\(validation.output)\(validation.errors)")
      #expect(try workspace.cpwx("job", "list", "--format", "ndjson").lines.count == 2)
    }
  }

  @Test func `a record that names another directory's file names it where it is then, with no link anywhere`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Don_1978", "Don", year: 1978, day: 28)
      try workspace.write("out/Anand_1971/audio/audio.wav", "sound")
      try workspace.write(
        "out/Anand_1971/manifest.json",
        """
        {"created_at": "2025-10-27T10:00:00.000001", "stages": {
          "asr": {"status": "success", "input_files": ["out/Don_1978/asr/Don_1978.asr.json"]}}}
        """)
      let outcome = try workspace.cpwx("migrate", "--from-legacy")
      #expect(outcome.code == 0, "\(outcome)")
      let record = try workspace.manifest(of: workspace.migrated("20251027-001"))["stages"]?["asr"]
      let named = record?["input_files"]?.array?.first?.string
      #expect(named == workspace.migrated("20251028-001") + "/asr/20251028-001.asr.json")
      #expect(workspace.exists(named ?? ""))
    }
  }

  @Test func `a second run finds nothing to do`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let before = try Inventory(workspace.root)
      let again = try workspace.cpwx("migrate", "--from-legacy")
      #expect(again.code == 0 && again.errors.contains("Nothing is to be migrated. "), "\(again.errors)")
      let shown = try workspace.cpwx("migrate", "--from-legacy", "-n")
      #expect(shown.code == 0 && shown.errors.contains("Nothing is to be migrated. "), "\(shown.errors)")
      #expect(try Inventory(workspace.root).difference(from: before) == [])
    }
  }

  @Test func `undo puts every byte, name, mode, time and link back`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      let before = try Inventory(workspace.root)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(try Inventory(workspace.root).difference(from: before) == [])
      #expect(try workspace.cpwx("job", "list").output.isEmpty)
      #expect(try workspace.cpwx("migrate", "undo").code == 64)
    }
  }

  @Test func `a job that was run since is not put back, and the others are`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let manifest = workspace.migrated("20251028-001") + "/manifest.json"
      try workspace.write(manifest, try workspace.read(manifest) + "\n")
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(
        undo.code == 1 && undo.errors.contains("out/-Don's_1978: was not put back: it has been run"), "\(undo.errors)")
      #expect(workspace.exists("out/Sholay_1975/manifest.json") && workspace.exists(manifest))
      #expect(try workspace.json("migrate", "status").array?.first?["state"]?.string == "partly undone")
      let listed = try workspace.cpwx("migrate", "status").output
      #expect(listed.contains(/partly undone +\d{4}-\d\d-\d\d \d\d:\d\d +(just now|\d+ min ago)/), "\(listed)")
    }
  }

  @Test func `jobs that were archived since are not put back, whether they were kept or not, and the others are`()
    throws
  {
    try TestWorkspace.with { workspace in
      for (number, name) in ["Anand", "Don", "Sholay"].enumerated() {
        try workspace.oldFilm("\(name)_197\(number)", name, year: 1970 + number, fails: false)
      }
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let ids = workspace.jobs.map { String($0.suffix(12)) }
      try #require(ids.count == 3, "\(ids)")
      let kept = try workspace.cpwx("archive", "--keep", ids[0])
      let gone = try workspace.cpwx("archive", ids[1])
      #expect(kept.code == 0 && gone.code == 0, "\(kept.errors)\(gone.errors)")
      let archived = try state(workspace, of: ids[0])
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 1, "\(undo.errors)")
      #expect(undo.errors.contains(": was not put back: it has been archived since: \(ids[0])."), "\(undo.errors)")
      let other = "out/2025/10/27/1/\(ids[1])"
      #expect(
        undo.errors.contains(": was not put back: it is gone from \(other): it was archived or removed since"),
        "\(undo.errors)")
      #expect(try state(workspace, of: ids[0]) == archived)
      #expect(workspace.jobs.count == 1 && workspace.archives.count == 2, "\(workspace.jobs)")
      #expect(workspace.tree("out").count { $0.hasSuffix("_1972/manifest.json") } == 1, "\(workspace.tree("out"))")
      #expect(try workspace.json("migrate", "status").array?.first?["state"]?.string == "partly undone")
    }
  }

  private func state(_ workspace: TestWorkspace, of id: String) throws -> Inventory {
    try Inventory(workspace.migrated(id))
  }

  @Test func `a plan to be edited is not merely shown, and a terminal shows its problems below the table`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      try workspace.write("out/Kaalia_1981/audio/audio.wav", "sound")
      try workspace.write("out/Kaalia_1981/manifest.json", "{")
      #expect(try workspace.cpwx("migrate", "--from-legacy", "-n", "--edit").code == 64)
      let plan = try workspace.json("migrate", "--from-legacy", "-n")["entries"]?.array ?? []
      let warned = plan.filter { $0["problems"]?.array?.contains { $0["severity"]?.string == "warning" } == true }
      let path = try #require(warned.first?["path"]?.string)
      let lines = try workspace.shown("migrate --from-legacy -n", columns: 80)
      #expect(lines.contains { $0.hasPrefix("\(path): warning: ") }, "\(lines)")
      for columns in [40, 80, 200] {
        let shown = try workspace.shown("migrate --from-legacy -n", columns: columns)
        let told = shown.joined(separator: " ").split(separator: " ").joined(separator: " ")
        for entry in plan {
          for problem in entry["problems"]?.array ?? [] {
            let severity = problem["severity"]?.string == "info" ? "" : "\(problem["severity"]?.string ?? ""): "
            let line = "\(entry["path"]?.string ?? ""): \(severity)\(problem["message"]?.string ?? "")"
            let words = line.split(separator: " ").joined(separator: " ")
            #expect(told.contains(words), "\(columns) columns, \(line): \(shown)")
          }
        }
      }
    }
  }

  @Test func `a terminal is told how far it has come, and at the end what was done and how it is put back`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      func shown(_ arguments: String) throws -> String {
        try workspace.start(
          ["script", "-qec", "exec '\(CPWX.path)' migrate \(arguments)", "/dev/null"], environment: ["TERM": "xterm"]
        ).wait().output
      }
      let line = "\r\u{1B}[K"
      let moved = try shown("--from-legacy")
      // Each overwrites the one before, and the last leaves nothing.
      #expect(moved.contains(line + "2 of 2 trees moved" + line) && moved.contains(" trees read" + line), "\(moved)")
      #expect(moved.contains("m001: 2 done, ") && moved.contains("no jobs, which stay"), "\(moved)")
      #expect(moved.contains("To put everything back: cpwx migrate undo m001"), "\(moved)")
      let back = try shown("undo")
      #expect(back.contains(line + "2 of 2 trees put back" + line + "m001: 2 put back."), "\(back)")
      #expect(try workspace.cpwx("migrate", "--from-legacy", "-q").errors.isEmpty)
    }
  }

  @Test func `a failed job goes on from the stage that failed`() throws {
    let stages = ["subtitle_gen", "mux"].enumerated().map { number, name in
      Stage(
        name, number: number + 9, outputs: [name == "mux" ? "final_output.mp4" : "subtitles/subtitles.srt"],
        script:
          "mkdir -p \"$1/subtitles\"; echo new > \"$1/\(name == "mux" ? "final_output.mp4" : "subtitles/subtitles.srt")\""
      )
    }
    try TestWorkspace.with(stages) { workspace in
      try workspace.film("Sholay (1975).mp4")
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let run = try workspace.cpwx("run", "--resume", "20251027-001")
      #expect(run.code == 0, "\(run.errors)\(run.output)")
      #expect(workspace.runs == ["mux"])
    }
  }

  @Test
  func `a prepared job runs on its own copy of a film that is gone, or on the one that is back in the input folder`()
    throws
  {
    let demux = Stage("demux", number: 1, outputs: ["seen"], script: "echo > \"$1/seen\"")
    try TestWorkspace.with([demux]) { workspace in
      for (number, name) in [(1, "Own Copy (2011).mp4"), (2, "Come Back (2012).mp4")] {
        let job = "out/2025/09/10/1/20250910-000\(number)"
        try workspace.write(job + "/job.json", "{\"input_media\": \"/of/another/host/\(name)\"}")
        try workspace.write(job + "/.20250910-000\(number).env", "A=1\n")
        try workspace.write(job + "/\(name)", "copy")
      }
      try workspace.film("Come Back (2012).mp4")
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      for number in [1, 2] {
        let run = try workspace.cpwx("run", "--resume", "20250910-000\(number)")
        #expect(run.code == 0, "\(run.errors)\(run.output)")
        let job = "out/2025/09/10/1/20250910-000\(number)"
        let input = try workspace.manifest(of: job)["input"]?["file"]?.string
        #expect(input == (number == 1 ? job + "/Own Copy (2011).mp4" : "in/Come Back (2012).mp4"))
      }
    }
  }

  @Test func `a migrated job's stages get their secrets from the workspace, and its file never does`() throws {
    let mux = Stage(
      "mux", number: 10, outputs: ["final_output.mp4"], fields: ["env: [HF_TOKEN]"],
      script: "test \"$HF_TOKEN\" = hf_secret_secret && echo new > \"$1/final_output.mp4\"")
    try TestWorkspace.with([mux]) { workspace in
      try workspace.film("Sholay (1975).mp4")
      try workspace.write("config/.env", "HF_TOKEN=hf_secret_secret\n")
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let run = try workspace.cpwx("run", "--resume", "20251027-001")
      #expect(run.code == 0, "\(run.errors)\(run.output)")
      let job = workspace.migrated("20251027-001")
      #expect(workspace.exists(job + "/final_output.mp4"))
      #expect(try !workspace.read(job + "/job.env").contains("secret_secret"))
    }
  }

  @Test func `a film that came through without an optional stage is a valid job`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Don_1978", "Don", year: 1978, fails: false)
      let manifest = try workspace.read("out/Don_1978/manifest.json")
      let tmdb = "\"tmdb\": {\"status\": \"success\""
      let failed = "\"tmdb\": {\"status\": \"failed\", \"error\": \"no network\""
      try workspace.write("out/Don_1978/manifest.json", manifest.replacingOccurrences(of: tmdb, with: failed))
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let job = workspace.migrated("20251027-001")
      let validation = try workspace.cpwx("manifest", "validate", job)
      #expect(validation.code == 0, "\(validation.output)")
      let record = try #require(try workspace.manifest(of: job)["stages"]?["tmdb"])
      #expect(record["status"]?.string == "skipped")
      #expect(record["reason"]?.string == "optional, and failed: no network")
      #expect(try workspace.manifest(of: job)["pipeline"]?["status"]?.string == "completed")
    }
  }

  @Test func `another migration at work is waited for by nobody`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      try workspace.write(".cpwx/migrate.lock", "")
      let holder = try workspace.start(["flock", ".cpwx/migrate.lock", "sh", "-c", "touch held; sleep 600"])
      workspace.atEnd { kill(-holder.pid, SIGKILL) }
      #expect(eventually { workspace.exists("held") })
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 75)
      #expect(workspace.exists("out/Sholay_1975"))
    }
  }

  @Test func `a plan that was edited is followed`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      let editor = "sed -i 's/\"title\": \"Sholay\"/\"title\": \"Embers\"/; s/2025-10-27T/2025-11-01T/'"
      let outcome = try workspace.cpwx("migrate", "--from-legacy", "--edit", environment: ["VISUAL": editor])
      #expect(outcome.code == 0, "\(outcome.errors)")
      let job = workspace.path("out/2025/11/01/1/20251101-001")
      #expect(try workspace.manifest(of: job)["input"]?["title"]?.string == "Embers")
      #expect(workspace.exists("out/2025/10/28/1/20251028-001"))
    }
  }

  @Test func `patterns choose what is migrated`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      #expect(try workspace.cpwx("migrate", "--from-legacy", "--only", "Sho*", "--user", "7").code == 0)
      #expect(workspace.exists("out/2025/10/27/7/20251027-001"))
      #expect(workspace.exists("out/-Don's_1978/manifest.json"))
    }
  }

  @Test func `a pattern that fits nothing is refused, but not one of what was migrated before`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      for more in ["--quiet", "--dry-run"] {
        let mistyped = try workspace.cpwx("migrate", "--from-legacy", "--only", "Shloay*", more)
        #expect(mistyped.code == 64 && mistyped.errors.contains("fits nothing that is there"), "\(mistyped.errors)")
      }
      #expect(workspace.exists("out/Sholay_1975/manifest.json"))
      let named = try workspace.cpwx("migrate", "--from-legacy", workspace.path("out"), "--only", "Shloay*")
      #expect(named.errors.contains("cpwx migrate --from-legacy -n '\(workspace.path("out"))'"), "\(named.errors)")
      for _ in 1...2 { #expect(try workspace.cpwx("migrate", "--from-legacy", "--only", "Sho*").code == 0) }
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(try workspace.cpwx("migrate", "--from-legacy", "--exclude", "*").code == 0)
    }
  }
}
