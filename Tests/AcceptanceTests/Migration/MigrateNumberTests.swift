import Foundation
import Jobs
import Testing

/// No two jobs get one number, whoever gives them.
struct MigrateNumberTests {
  @Test func `numbers are not given again after an undo`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      for number in 1...3 {
        #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
        #expect(workspace.exists(workspace.migrated("20251027-00\(number)") + "/manifest.json"))
        #expect(try workspace.cpwx("migrate", "undo").code == 0)
      }
    }
  }

  @Test func `an earlier migration is undone by its name, and the later one stays`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      #expect(try workspace.cpwx("migrate", "--from-legacy", "--only", "Sho*").code == 0)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let undo = try workspace.cpwx("migrate", "undo", "m001")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(workspace.exists("out/Sholay_1975/manifest.json"))
      #expect(workspace.exists(workspace.migrated("20251028-001") + "/manifest.json"))
      let states = try workspace.json("migrate", "status").array?.compactMap { $0["state"]?.string }
      #expect(states == ["undone", "finished"])
    }
  }

  /// Prepared jobs of two days that have one number.
  private func makePrepared(_ workspace: TestWorkspace) throws {
    for day in ["10", "11"] {
      let job = "out/2025/09/\(day)/1/202509\(day)-0001"
      try workspace.write(job + "/job.json", "{\"input_media\": \"/x/Prep Film (20\(day)).mp4\"}")
    }
  }

  @Test func `of two prepared jobs that are put under one day, each has a number of its own`() throws {
    try TestWorkspace.with { workspace in
      try makePrepared(workspace)
      let editor = "sed -i 's/2025-09-1[01]T/2025-09-12T/'"
      let outcome = try workspace.cpwx("migrate", "--from-legacy", "--edit", environment: ["EDITOR": editor])
      #expect(outcome.code == 0, "\(outcome.errors)")
      let jobs = workspace.tree("out/2025/09/12/1").filter { !$0.contains("/") }
      #expect(jobs == ["20250912-001", "20250912-002"])
      let old = try jobs.map {
        try workspace.manifest(of: "out/2025/09/12/1/\($0)")["migrated_from"]?["job_id"]?.string
      }
      #expect(old == ["20250910-0001", "20250911-0001"])
    }
  }

  @Test func `a person changes the year and the user of a tree, and takes one out`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      try workspace.oldFilm("Deewaar_1975", "Deewaar", year: 1975)
      let program = """
        import json, sys
        plan = json.load(open(sys.argv[1]))
        plan["entries"] = [entry for entry in plan["entries"] if "Don's" not in entry["path"]]
        for entry in plan["entries"]:
            if "Sholay" in entry["path"]: entry["year"], entry["user_id"] = 1976, 5
        json.dump(plan, open(sys.argv[1], "w"))
        """
      try workspace.write("edit.py", program)
      let editor = "python3 '\(workspace.path("edit.py"))'"
      let outcome = try workspace.cpwx("migrate", "--from-legacy", "--edit", environment: ["EDITOR": editor])
      #expect(outcome.code == 0, "\(outcome.errors)")
      let jobs = workspace.jobs.filter { $0.contains("/2025/") }
      let films = try jobs.map { job in
        let manifest = try workspace.manifest(of: job)
        return "\(manifest["input"]?["title"]?.string ?? "") \(manifest["input"]?["year"]?.int ?? 0) "
          + "\(manifest["user_id"]?.int ?? 0)"
      }
      #expect(Set(films) == ["Sholay 1976 5", "Deewaar 1975 1"])
      #expect(jobs.contains { $0.contains("/2025/10/27/5/") })
      #expect(workspace.exists("out/-Don's_1978/manifest.json"))
    }
  }

  @Test func `the user of a job that has its place already is not changed`() throws {
    try TestWorkspace.with { workspace in
      try workspace.write("out/2025/06/10/1/20250610-001/manifest.json", "{\"vers")
      try workspace.write("out/2025/06/10/1/20250610-001/audio/audio.wav", "sound")
      let editor = "sed -i 's/\"user_id\": 1/\"user_id\": 2/'"
      let outcome = try workspace.cpwx("migrate", "--from-legacy", "--edit", environment: ["EDITOR": editor])
      #expect(outcome.code == 1 && outcome.output.contains("held back"), "\(outcome.errors)\(outcome.output)")
      #expect(workspace.exists("out/2025/06/10/1/20250610-001/audio/audio.wav"))
    }
  }

  @Test func `jobs that are made after a migration was killed keep their numbers`() throws {
    try TestWorkspace.with { workspace in
      var step = 1
      while true {
        // Of today, when others make jobs too.
        for name in ["One_2001", "Two_2002"] { try workspace.write("out/\(name)/audio/audio.wav", "sound") }
        let cut = try workspace.start(
          [CPWX.path, "migrate", "--from-legacy", "--date-from", "newest_file"],
          environment: ["CPWX_FAULT_STEP": "\(step)"]
        ).wait()
        let made = try workspace.cpwx("job", "create").output.split(separator: "\n").map(String.init)
        try #require(made.count == 1)
        let plan = (try? workspace.read(".cpwx/migrations/m001/plan.ndjson")) ?? ""
        let again = try workspace.cpwx("migrate", "--from-legacy", "--date-from", "newest_file")
        #expect(again.code == 0, "step \(step): \(again.errors)")
        let isWhole = plan.contains("\"sealed\"") && plan.hasSuffix("\n")
        #expect(!isWhole || !again.errors.contains("while its plan was written"), "step \(step): \(again.errors)")
        let ids = workspace.jobs.map { ($0 as NSString).lastPathComponent }
        #expect(Set(ids).count == 3 && ids.count == 3 && ids.contains(made[0]), "step \(step): \(ids)")
        for folder in ["out", ".cpwx", "logs"] where workspace.exists(folder) { try workspace.remove(folder) }
        if cut.signal == nil { break }
        step += 2
      }
      #expect(step > 20)
    }
  }
}
