import Foundation
import Jobs
import Testing

/// Trees of every layout and oddity that has been seen, together in one workspace.
struct MigrateLayoutTests {
  private func withTrees(_ body: (TestWorkspace) throws -> Void) throws {
    try TestWorkspace.with { workspace in
      try workspace.write("in/東京物語 (1953).mkv", "film")
      for name in ["東京物語_1953", "Amélie_2001", "AMÉLIE_2001", "'Round_Midnight_1986", "Line\nBreak_1999", "1917"] {
        try workspace.oldFilm(name, name, year: 2000)
      }
      try workspace.oldFilm("Hindi/Don_1978", "Don", year: 1978)
      try workspace.oldFilm("Nested_2008", "Nested", year: 2008)
      try workspace.write("out/Nested_2008/old/manifest.json", "{\"stages\": {}}")
      try workspace.write("out/Nested_2008/old/Nested_2008.asr.json", "{}")
      try workspace.write("out/Cut_2002/manifest.json", "{\"stages\": {\"demux\": {\"status\": \"succ")
      try workspace.write("out/Odd_2003/manifest.json", "{\"stages\": {\"asr\": {\"status\": 5, \"started_at\": 7}}}")
      let odd = "{\"status\": \"success\", \"duration_seconds\": NaN, \"completed_at\": 7}"
      try workspace.write("out/NaN_2004/manifest.json", "\u{FEFF}{\"stages\": {\"asr\": \(odd)}, \"pipeline\": null}")
      try datedTrees(workspace)
      let make = """
        cd out && mkdir -p empty "$(printf 'bad\\377_1999')/asr" && ln -s Amélie_2001 linked && ln -s ../in films
        touch "$(printf 'bad\\377_1999/asr/bad\\377_1999.asr.json')" && mkfifo Odd_2003/pipe
        """
      #expect(try workspace.start(["sh", "-c", make]).wait().code == 0)
      try body(workspace)
    }
  }

  private func datedTrees(_ workspace: TestWorkspace) throws {
    try workspace.write("out/2025/11/03/1/20251103-001/manifest.json", "{\"job_id\": \"20251103-001\", \"stages\": {}}")
    try workspace.write("out/2025/11/03/2/20251103-0001/job.json", "{\"job_id\": \"20251103-0001\"}")
    try workspace.write("out/2025/11/03/2/20251103-0001/.20251103-0001.env", "HF_TOKEN=hf_secret_secret\nA=1\n")
    try workspace.write("out/2025/11/03/2/20251103-0001/Film (2010).mp4", "film")
    try workspace.write("out/2025/11/05/20251105-002/audio/audio.wav", "sound")
    try workspace.write("logs/2025/11/05/20251105-002/demux.log", "heard")
    try workspace.write("jobs/2025/11/05/20251105-002/Film Three (2011).mkv", "film")
    try workspace.write("jobs/2025/11/05/20251105-002/.env", "B=2\n")
    try workspace.write("jobs/2025/11/05/jobs.json", "[]")
    try workspace.write("out/2025/11/07/asha/3/job.json", "{\"job_id\": \"job-20251107-asha-0003\"}")
    try workspace.write("out/2025/11/07/asha/3/.job-20251107-asha-0003.env", "HF_TOKEN=hf_secret_secret\nC=3\n")
  }

  @Test func `stages' files of a prepared job are recorded where they lie now, and those of every job are there`()
    throws
  {
    try withTrees { workspace in
      let folder = "out/2025/11/05/20251105-002"
      let files = [
        "/app/jobs/2025/11/05/20251105-002/Film Three (2011).mkv", "/x/out/2025/11/05/20251105-002/audio/audio.wav",
      ]
      let inputs = files.map { "{\"path\": \"\($0)\", \"exists\": true}" }.joined(separator: ", ")
      try workspace.write(
        folder + "/manifest.json",
        "{\"stages\": {\"demux\": {\"status\": \"success\", \"input_files\": [\(inputs)]}}}")
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let job = "out/2025/11/05/1/20251105-002"
      let demux = try #require(try workspace.manifest(of: job)["stages"]?["demux"])
      let paths = demux["input_files"]?.array?.compactMap { $0["path"]?.string }
      #expect(
        paths == [workspace.path(job + "/prepared/Film Three (2011).mkv"), workspace.path(job + "/audio/audio.wav")])
      #expect(try workspace.manifest(of: job)["migrated_from"]?["job_id"]?.string == "20251105-002")
      #expect(
        try workspace.manifest(of: "out/2025/11/07/1/20251107-001")["migrated_from"]?["job_id"]?.string
          == "job-20251107-asha-0003")
      for job in workspace.jobs {
        for (name, stage) in try workspace.manifest(of: job)["stages"]?.object?.members.map({ ($0.name, $0.value) })
          ?? []
        {
          for output in stage["outputs"]?.object?.members ?? [] where output.value["exists"]?.bool == true {
            let path = try #require(output.value["path"]?.string)
            #expect(path.hasPrefix(job) && workspace.exists(path), "\(name): \(path)")
          }
        }
      }
    }
  }

  /// What lies in the workspace, whatever bytes the names are of.
  private func list(_ workspace: TestWorkspace) throws -> String {
    let list = """
      find . -path ./.cpwx -prune -o -printf '%p %m %n %T@ %l %s\\n' | grep -v '^\\. ' | LC_ALL=C sort | cat -v
      """
    return try workspace.start(["sh", "-c", list]).wait().output
  }

  @Test func `all of them become jobs, and go back to what they were`() throws {
    try withTrees { workspace in
      let before = try list(workspace)
      let done = try workspace.cpwx("migrate", "--from-legacy", "--format", "json")
      #expect(done.code == 0, "\(done.errors)")
      let entries = try #require(try JSON(parsing: done.output.utf8)["entries"]?.array)
      let jobs = entries.filter { ["move", "complete"].contains($0["action"]?.string) }
      #expect(jobs.count == 15)
      for job in jobs {
        let folder = try #require(job["output_dir"]?.string)
        let check = try workspace.cpwx("manifest", "validate", folder)
        #expect(check.code == 0, "\(job["path"]?.string ?? ""): \(check.output)\(check.errors)")
        #expect(try !workspace.read(folder + "/job.env").contains("secret_secret"))
      }
      let moved = "out/2025/11/05/1/20251105-002"
      #expect(try workspace.read(moved + "/prepared/Film Three (2011).mkv") == "film")
      #expect(try workspace.read(moved + "/job.env").contains("B=2"))
      #expect(try workspace.read("out/2025/11/07/1/20251107-001/job.env").contains("C=3"))
      #expect(workspace.exists("logs/2025/11/05/1/20251105-002/demux.log"))
      #expect(try workspace.cpwx("migrate", "--from-legacy").errors.contains("Nothing is to be migrated"))
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(try list(workspace) == before)
    }
  }

  @Test func `documents of another job in a film's directory are kept, and tell what the new ones do not`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      let (old, folder) = ("20250101-009", "out/Sholay_1975")
      try workspace.write(folder + "/job.env", "JOB_ID=\(old)\nHF_TOKEN=hf_secret_secret\nB=2\n")
      try workspace.write(folder + "/job_info.json", "{\"job_id\": \"\(old)\", \"note\": \"kept\"}")
      let before = try Inventory(workspace.root)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let job = workspace.migrated("20251027-001")
      let env = try workspace.read(job + "/job.env")
      #expect(env.contains("JOB_ID=20251027-001\n") && env.contains("B=2\n") && !env.contains("secret_secret"))
      #expect(try workspace.read(job + "/job.legacy.env").contains("JOB_ID=\(old)\nHF_TOKEN=hf_secret_secret"))
      let info = try JSON(parsing: workspace.read(job + "/job_info.json").utf8)
      #expect(info["job_id"]?.string == "20251027-001" && info["note"]?.string == "kept")
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(try Inventory(workspace.root).difference(from: before) == [])
    }
  }
}
