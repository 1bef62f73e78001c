import Foundation
import Jobs
import Testing

/// What others have written to a migrated job is none of the migration's, and stays.
struct MigrateChangedTests {
  private static let command = [CPWX.path, "migrate", "--from-legacy"]

  private func journal(_ workspace: TestWorkspace) -> String {
    (try? workspace.read(".cpwx/migrations/m001/journal.ndjson")) ?? ""
  }

  /// Kills a command at the first step after which `isThere` holds.
  private func kill(
    _ workspace: TestWorkspace, _ command: [String] = Self.command, when isThere: () -> Bool, again: () throws -> Void
  ) throws {
    for step in 1...400 {
      let cut = try workspace.start(command, environment: ["CPWX_FAULT_STEP": "\(step)"]).wait()
      try #require(cut.signal == SIGKILL, "step \(step): \(cut.errors)")
      if isThere() { return }
      try again()
    }
    Issue.record("it never came to that")
  }

  /// A film that was moved by a migration which was killed before it said so.
  private func withFilmThatWasMoved(_ body: (TestWorkspace, String) throws -> Void) throws {
    let mux = Stage(
      "mux", number: 10, outputs: ["final_output.mp4"], script: "echo new > \"$1/final_output.mp4\"")
    try TestWorkspace.with([mux]) { workspace in
      try workspace.film("Sholay (1975).mp4")
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      let job = workspace.migrated("20251027-001")
      try kill(workspace) {
        workspace.exists(job + "/manifest.json") && !journal(workspace).contains("done")
      } again: {
        #expect(try workspace.start(Self.command).wait().code == 0)
        #expect(try workspace.cpwx("migrate", "undo").code == 0)
        try workspace.remove(".cpwx")
      }
      try body(workspace, job)
    }
  }

  @Test(arguments: ["job.env", "job_info.json"])
  func `a document that was changed since keeps its job from being put back`(_ name: String) throws {
    try TestWorkspace.with { workspace in
      try workspace.oldTrees()
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let document = workspace.migrated("20251028-001") + "/\(name)"
      let changed = try workspace.read(document) + "\n"
      try workspace.write(document, changed)
      let undo = try workspace.cpwx("migrate", "undo")
      let reason = "out/-Don's_1978: was not put back: its \(name) has been changed since it was migrated"
      #expect(undo.code == 1 && undo.errors.contains(reason), "\(undo.errors)")
      #expect(try workspace.read(document) == changed)
      #expect(workspace.exists("out/Sholay_1975/manifest.json"))
    }
  }

  @Test func `a job that was run before its migration went on keeps what the run wrote`() throws {
    try withFilmThatWasMoved { workspace, job in
      let run = try workspace.cpwx("run", "--resume", "20251027-001")
      #expect(run.code == 0, "\(run.errors)")
      let manifest = try workspace.read(job + "/manifest.json")
      let again = try workspace.start(Self.command).wait()
      #expect(again.code == 0, "\(again.errors)")
      #expect(try workspace.read(job + "/manifest.json") == manifest)
      #expect(try workspace.read(job + "/final_output.mp4") == "new\n")
      #expect(workspace.exists("logs/2025/10/27/1/20251027-001/asr_Sholay_1975_20251027_100000.log"))
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 1 && undo.errors.contains("it has been run"), "\(undo.errors)")
      #expect(try workspace.read(job + "/manifest.json") == manifest)
    }
  }

  @Test func `and is not put back by an undo, either`() throws {
    try withFilmThatWasMoved { workspace, job in
      #expect(try workspace.cpwx("run", "--resume", "20251027-001").code == 0)
      let manifest = try workspace.read(job + "/manifest.json")
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 1 && undo.errors.contains("it has been run"), "\(undo.errors)")
      #expect(try workspace.read(job + "/manifest.json") == manifest)
    }
  }

  @Test func `one that was cut off and not run is put back, though its film is gone by now`() throws {
    try withFilmThatWasMoved { workspace, job in
      try workspace.remove("in/Sholay (1975).mp4")
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(workspace.exists("out/Sholay_1975/manifest.json") && !workspace.exists(job))
    }
  }

  @Test func `a tree that could not be done is told of again when the migration was cut off behind it`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      try workspace.oldFilm("Don_1978", "Don", year: 1978, day: 28)
      try kill(workspace) {
        workspace.exists(".cpwx/migrations/m001/journal.ndjson")
      } again: {
        if workspace.exists(".cpwx") { try workspace.remove(".cpwx") }
      }
      try workspace.move("out/Sholay_1975", to: "elsewhere")
      func shell(_ script: String) throws { try #require(try workspace.start(["sh", "-c", script]).wait().code == 0) }
      try shell("mkdir saved; cp -a out logs .cpwx saved")
      try kill(workspace) {
        journal(workspace).contains("\"failed\"")
      } again: {
        try shell("rm -r out logs .cpwx; cp -a saved/. .")
      }
      let shown = try workspace.cpwx("migrate", "--from-legacy", "-n")
      #expect(shown.code == 1, "\(shown.errors)")
      let again = try workspace.start(Self.command).wait()
      #expect(again.code == 1 && again.errors.contains("out/Sholay_1975: stays where it is."), "\(again.errors)")
      #expect(again.errors.contains("is gone") && again.errors.contains("1 done"), "\(again.errors)")
      #expect(workspace.exists(workspace.migrated("20251028-001") + "/manifest.json"))
      let status = try workspace.json("migrate", "status").array?.first
      #expect(status?["state"]?.string == "finished" && status?["failed"]?.int == 1)
    }
  }

  @Test func `what has come to stand in a tree's new place is not written over, and the tree stays as it was`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      let (old, job) = (workspace.path("out/Sholay_1975"), workspace.migrated("20251027-001"))
      try kill(workspace) {
        workspace.exists(".cpwx/migrations/m001/journal.ndjson")
      } again: {
        if workspace.exists(".cpwx") { try workspace.remove(".cpwx") }
      }
      try workspace.write(job + "/x", "of another")
      let (tree, place, logs) = (try Inventory(old), try Inventory(job), workspace.tree("logs"))
      let again = try workspace.start(Self.command).wait()
      #expect(again.code == 1 && again.errors.contains("/20251027-001: is there already"), "\(again.errors)")
      #expect(try Inventory(old).difference(from: tree) == [])
      #expect(try Inventory(job).difference(from: place) == [])
      #expect(workspace.tree("logs") == logs)
      let next = try workspace.start(Self.command).wait()
      #expect(next.code == 0, "\(next.errors)")
      #expect(workspace.exists(workspace.migrated("20251027-002") + "/manifest.json") && !workspace.exists(old))
      #expect(try Inventory(job).difference(from: place) == [])
    }
  }

  @Test func `a migration goes on with the folder and the settings it was begun with`() throws {
    func make(_ workspace: TestWorkspace) throws {
      try workspace.write("config/.env", "LOG_LEVEL=info\n")
      try workspace.film("Sholay (1975).mp4")
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      try workspace.write("old/in/Sholay (1975).mp4", "film")
      try workspace.write("old/README", "")
      for name in ["out", "logs"] { try workspace.move(name, to: "old/\(name)") }
    }
    try TestWorkspace.with { workspace in
      try make(workspace)
      let command = Self.command + [workspace.path("old")]
      #expect(try workspace.start(command).wait().code == 0)
      let wanted = try Inventory(workspace.path("out"), folderTimes: false)
      var step = 0
      while true {
        step += 3
        try workspace.write("config/.env", "LOG_LEVEL=info\n")
        #expect(try workspace.cpwx("migrate", "undo").code == 0)
        try workspace.remove(".cpwx")
        let cut = try workspace.start(command, environment: ["CPWX_FAULT_STEP": "\(step)"]).wait()
        if cut.signal == nil { break }
        guard workspace.exists(".cpwx/migrations/m001/journal.ndjson") else {
          #expect(try workspace.start(command).wait().code == 0)
          continue
        }
        try workspace.write("config/.env", "LOG_LEVEL=debug\nOUTPUT_ROOT=other\n")
        let outcome = try workspace.start(Self.command + ["--user", "9"]).wait()
        #expect(outcome.code == 0, "step \(step): \(outcome.errors)")
        #expect(try Inventory(workspace.path("out"), folderTimes: false).difference(from: wanted) == [], "step \(step)")
        #expect(!workspace.exists("other"))
      }
      #expect(step > 30)
    }
  }

  @Test func `a document that was changed counts as such in a journal that knows the manifest alone`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let older = "sed -i 's/,{\"job.env\"[^}]*}//' .cpwx/migrations/m001/journal.ndjson"
      #expect(try workspace.start(["sh", "-c", older]).wait().code == 0)
      #expect(journal(workspace).contains("\"done\"") && !journal(workspace).contains("job.env"))
      let env = workspace.migrated("20251027-001") + "/job.env"
      let whole = try workspace.read(env)
      try workspace.write(env, whole + "A=1\n")
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 1 && undo.errors.contains("its job.env has been changed"), "\(undo.errors)")
      #expect(try workspace.read(env) == whole + "A=1\n")
    }
  }

  @Test func `logs come back from where they were put, whatever the settings say since, and to folders that are gone`()
    throws
  {
    try TestWorkspace.with { workspace in
      try workspace.write("config/.env", "LOG_LEVEL=info\n")
      try workspace.oldFilm("Hindi/Sholay_1975", "Sholay", year: 1975)
      try workspace.write("logs/asr_Sholay_1975_20251027_100000.log", "[native.asr.Sholay_1975] heard\n")
      let (before, logs) = (try Inventory(workspace.path("out")), workspace.tree("logs"))
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      #expect(workspace.tree("out/Hindi") == [] && workspace.tree("logs") != logs)
      try workspace.remove("out/Hindi")
      try workspace.write("config/.env", "LOG_LEVEL=info\nLOG_ROOT=other\nOUTPUT_ROOT=another\n")
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(try Inventory(workspace.path("out")).difference(from: before) == [])
      #expect(workspace.tree("logs") == logs)
    }
  }

  @Test func `a log whose place another has since keeps its job from being put back`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      let log = "logs/asr_Sholay_1975_20251027_100000.log"
      let heard = try workspace.read(log)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      try workspace.write(log, "of another")
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 1 && undo.errors.contains("was not put back: \(log) is there again"), "\(undo.errors)")
      #expect(workspace.exists(workspace.migrated("20251027-001") + "/job.env"))
      try workspace.remove(log)
      #expect(try workspace.cpwx("migrate", "undo").code == 0)
      #expect(try workspace.read(log) == heard)
    }
  }

  @Test func `a tree that bears the old name of a job that was removed stays as it is`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      #expect(try workspace.cpwx("job", "rm", "--yes", "20251027-001").code == 0)
      try workspace.write("out/Sholay_1975/job.env", "of another")
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 1 && undo.errors.contains("it is gone from out/2025"), "\(undo.errors)")
      #expect(try workspace.read("out/Sholay_1975/job.env") == "of another")
    }
  }

  @Test func `one that was half done and is run since is told of as such, and an undo puts it back`() throws {
    try TestWorkspace.with { workspace in
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      try workspace.oldFilm("Don_1978", "Don", year: 1978, day: 28)
      let sholay = "out/Sholay_1975"
      try FileManager.default.createSymbolicLink(
        atPath: workspace.path("logs/mine"), withDestinationPath: "../\(sholay)/audio")
      let before = try Inventory(workspace.root)
      try kill(workspace) {
        workspace.exists(sholay + "/manifest.legacy.json")
      } again: {
        #expect(try workspace.start(Self.command).wait().code == 0)
        #expect(try workspace.cpwx("migrate", "undo").code == 0)
        try workspace.remove(".cpwx")
      }
      try workspace.write(sholay + "/.cpwx.lock", "")
      let holder = try workspace.start(["flock", sholay + "/.cpwx.lock", "sh", "-c", "touch .cpwx/held; sleep 600"])
      workspace.atEnd { _ = Foundation.kill(-holder.pid, SIGKILL) }
      #expect(eventually { workspace.exists(".cpwx/held") })
      let again = try workspace.start(Self.command).wait()
      let told = "\(sholay): could not be finished, nor put back."
      #expect(again.code == 1 && again.errors.contains(told), "\(again.errors)")
      #expect(workspace.exists(workspace.migrated("20251028-001") + "/manifest.json"))
      #expect(workspace.exists("logs/mine/audio.wav"))
      Foundation.kill(-holder.pid, SIGKILL)
      try workspace.remove(sholay + "/.cpwx.lock")
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(try Inventory(workspace.root).difference(from: before) == [])
    }
  }
}
