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
        try workspace.remove(".cpwx")
      }
      try workspace.move("out/Sholay_1975", to: "elsewhere")
      let sealed = journal(workspace)
      try kill(workspace) {
        journal(workspace).contains("\"failed\"")
      } again: {
        try workspace.write(".cpwx/migrations/m001/journal.ndjson", sealed)
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
}
