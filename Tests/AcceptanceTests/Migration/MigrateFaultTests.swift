import Foundation
import Jobs
import Testing

/// A migration, and its undoing, are cut off at each step that reaches the disk; the next run ends as an undisturbed one.
struct MigrateFaultTests {
  private func withTrees(_ body: (TestWorkspace) throws -> Void) throws {
    try TestWorkspace.with { workspace in
      try workspace.film("Sholay (1975).mp4")
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      let sholay = workspace.path("out/Sholay_1975")
      try FileManager.default.createSymbolicLink(
        atPath: "\(sholay)/film.mp4", withDestinationPath: "../../in/Sholay (1975).mp4")
      chmod("\(sholay)/asr", 0o555)
      chmod(sholay, 0o555)
      try body(workspace)
    }
  }

  private func killed(_ workspace: TestWorkspace, at step: Int, _ arguments: String...) throws -> Bool {
    let program = try workspace.start([CPWX.path] + arguments, environment: ["CPWX_FAULT_STEP": "\(step)"])
    return try program.wait().signal == SIGKILL
  }

  /// Every folder's own time, below out and logs, is new in a tree that was just made.
  private func state(_ workspace: TestWorkspace) throws -> Inventory {
    try Inventory(workspace.root, folderTimes: false)
  }

  @Test func `killed at any step, a migration ends as if nothing had been`() throws {
    try withTrees { workspace in
      let before = try Inventory(workspace.root)
      #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
      let wanted = try state(workspace)
      var step = 1
      while true {
        // Back to the old trees, and to a state without a memory of the numbers.
        #expect(try workspace.cpwx("migrate", "undo").code == 0)
        #expect(try Inventory(workspace.root).difference(from: before) == [], "before step \(step)")
        try workspace.remove(".cpwx")
        guard try killed(workspace, at: step, "migrate", "--from-legacy") else { break }
        let outcome = try workspace.cpwx("migrate", "--from-legacy")
        #expect(outcome.code == 0, "step \(step): \(outcome.errors)")
        #expect(try state(workspace).difference(from: wanted) == [], "step \(step)")
        step += 1
      }
      #expect(step > 30, "only \(step) steps")
    }
  }

  @Test func `killed at any step, an undo ends as if nothing had been`() throws {
    try withTrees { workspace in
      let before = try Inventory(workspace.root)
      var step = 1
      while true {
        #expect(try workspace.cpwx("migrate", "--from-legacy").code == 0)
        let wasKilled = try killed(workspace, at: step, "migrate", "undo")
        if wasKilled {
          let outcome = try workspace.cpwx("migrate", "undo")
          #expect(outcome.code == 0 || outcome.errors.contains("no migration"), "step \(step): \(outcome.errors)")
        }
        #expect(try Inventory(workspace.root).difference(from: before) == [], "step \(step)")
        try workspace.remove(".cpwx")
        if !wasKilled { break }
        step += 1
      }
      #expect(step > 30, "only \(step) steps")
    }
  }

  @Test func `trees of another file system are copied with all that they have, and go back`() throws {
    try TestWorkspace.with { workspace in
      let disk = workspace.path("old")
      try workspace.mountDisk(at: disk, size: "16m")
      try workspace.oldFilm("Sholay_1975", "Sholay", year: 1975)
      let sparse = try workspace.start(["truncate", "-s", "8M", "out/Sholay_1975/sparse.bin"]).wait()
      #expect(sparse.code == 0)
      #expect(link(workspace.path("out/Sholay_1975/audio/audio.wav"), workspace.path("out/Sholay_1975/twice.wav")) == 0)
      #expect(try workspace.start(["cp", "-a", "--sparse=always", "out", "logs", disk]).wait().code == 0)
      try workspace.remove("out")
      try workspace.remove("logs")
      let before = try Inventory(disk)
      let outcome = try workspace.cpwx("migrate", "--from-legacy", disk)
      #expect(outcome.code == 0, "\(outcome.errors)")
      let job = workspace.migrated("20251027-001")
      var (first, second, sparseStatus) = (stat(), stat(), stat())
      lstat(job + "/audio/audio.wav", &first)
      lstat(job + "/twice.wav", &second)
      lstat(job + "/sparse.bin", &sparseStatus)
      #expect(first.st_ino == second.st_ino && first.st_nlink == 2)
      #expect(sparseStatus.st_size == 8 << 20 && sparseStatus.st_blocks < 64)
      #expect(!workspace.exists("old/out/Sholay_1975"))
      let undo = try workspace.cpwx("migrate", "undo")
      #expect(undo.code == 0, "\(undo.errors)")
      #expect(try Inventory(disk).difference(from: before) == [])
    }
  }

  @Test func `a full disk stops a migration, and with room it goes on`() throws {
    try TestWorkspace.with(config: ["OUTPUT_ROOT=disk/out", "LOG_ROOT=disk/logs"]) { workspace in
      let disk = workspace.path("disk")
      try workspace.mountDisk(at: disk, size: "1m")
      for number in 1...9 { try workspace.oldFilm("Film\(number)_200\(number)", "Film\(number)", year: 2000 + number) }
      #expect(try workspace.start(["sh", "-c", "cp -a out logs disk/ && rm -rf out logs"]).wait().code == 0)
      _ = try workspace.start(["sh", "-c", "cat /dev/zero > disk/filler"]).wait()
      let full = try workspace.cpwx("migrate", "--from-legacy")
      #expect(full.code == 74, "\(full.errors)")
      try workspace.remove("disk/filler")
      let again = try workspace.cpwx("migrate", "--from-legacy")
      #expect(again.code == 0, "\(again.errors)")
      #expect(workspace.tree("disk/out").filter { $0.hasSuffix("job.env") }.count == 9)
      #expect(!workspace.tree("disk").contains { $0.contains("migrating") })
    }
  }
}
