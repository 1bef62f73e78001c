import Foundation
import Jobs
import Testing

/// Archiving, restoring and pruning cut off before each step that reaches the disk.
struct KilledArchiveTests {
  /// Runs something again and again, cut off before its first, second, third … step, or before every so manieth, until it comes to its end.
  ///
  /// - Parameters:
  ///   - prepare: makes everything as it was before.
  ///   - check: called after each time it was cut off.
  /// - Returns: the last step that it was cut off before.
  private func cutOff(
    _ workspace: TestWorkspace, _ arguments: [String], by stride: Int = 1, prepare: () throws -> Void,
    check: (_ step: Int) throws -> Void
  ) throws -> Int {
    var last = 0
    for step in Swift.stride(from: 1, through: 500, by: stride) {
      try prepare()
      let outcome = try workspace.start([CPWX.path] + arguments, environment: ["CPWX_FAULT_STEP": "\(step)"]).wait()
      guard outcome.signal == SIGKILL else {
        #expect(outcome.code == 0, "\(outcome.errors)")
        return last
      }
      last = step
      try check(step)
    }
    Issue.record("it never came to its end")
    return 500
  }

  /// Puts a copy of the workspace's files in their place.
  private func bringBack(_ workspace: TestWorkspace) throws {
    let script = "rm -rf out logs archive .cpwx config/.env.job_*; cp -a saved/. ."
    #expect(try workspace.start(["sh", "-c", script]).wait().code == 0)
  }

  private func save(_ workspace: TestWorkspace) throws {
    let script = "mkdir -p saved archive; cp -a out logs archive .cpwx saved/; rm saved/.cpwx/index.*"
    #expect(try workspace.start(["sh", "-c", script]).wait().code == 0)
  }

  @Test func `archiving cut off at any step leaves the job or its archive, and the next run ends it`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      let whole = try workspace.snapshot(job, logs)
      let records = whole.filter { $0.contains("|f|") }.count
      func row() throws -> JSON { try #require(try workspace.json("job", "list").array?.first) }
      try save(workspace)
      // What comes of it when nothing cuts it off.
      #expect(try workspace.cpwx("archive", id).code == 0)
      let path = try workspace.archive()
      let (archived, archivedRow) = (try workspace.bytes(path), try row())
      var sawBoth = false
      var sawArchiveAlone = false
      let steps = try cutOff(workspace, ["archive", "--parallel", "1", id]) {
        try bringBack(workspace)
      } check: { step throws in
        let isWhole = workspace.exists(job) && (try? workspace.snapshot(job, logs)) == whole
        let isArchived = !workspace.archives.isEmpty
        #expect(isWhole || isArchived, "step \(step)")
        if !isWhole, isArchived {
          sawArchiveAlone = true
          // Before a command looks at the files anew.
          let question = "SELECT status FROM archives WHERE path = '\(path)'"
          let told = try workspace.start(["sqlite3", "-readonly", ".cpwx/index.sqlite", question]).wait()
          #expect(told.output == "verified\n", "step \(step): \(told)")
        }
        if isArchived {
          #expect(try workspace.cpwx("archive", "verify", workspace.archives[0]).code == 0, "step \(step)")
        }
        sawBoth = sawBoth || isWhole && isArchived
        let again = try workspace.cpwx("archive", id)
        #expect(again.code == 0, "step \(step): \(again.errors)")
        #expect(workspace.archives == [path], "step \(step)")
        #expect(try workspace.bytes(path) == archived, "step \(step)")
        #expect(workspace.jobs.isEmpty && !workspace.exists(logs), "step \(step)")
        #expect(workspace.leftovers.isEmpty, "step \(step): \(workspace.leftovers)")
        #expect(try row() == archivedRow, "step \(step)")
        // What is in the archive was compared above; that it can be put back is tried now and then.
        guard step.isMultiple(of: 9) else { return }
        #expect(try workspace.cpwx("archive", "restore", id).code == 0, "step \(step)")
        #expect(try workspace.snapshot(job, logs) == whole, "step \(step)")
      }
      // As many steps as there are files to remove, and what comes before.
      #expect(steps > records + 10, "\(steps)")
      #expect(sawBoth && sawArchiveAlone)
    }
  }

  @Test func `archiving anew over an earlier archive, cut off at any step, loses neither what was nor what is`() throws
  {
    try TestWorkspace.withFinishedJob { workspace, id in
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      #expect(try workspace.cpwx("archive", "--keep", id).code == 0)
      let earlier = try workspace.bytes(workspace.archive())
      try workspace.write(job + "/mine.txt", "mine")
      let whole = try workspace.snapshot(job, logs)
      try save(workspace)
      var (sawEarlier, sawNew) = (false, false)
      let steps = try cutOff(workspace, ["archive", "--force", id]) {
        try bringBack(workspace)
      } check: { step throws in
        let standing = try workspace.bytes(workspace.archive())
        let isWhole = (try? workspace.snapshot(job, logs)) == whole
        (sawEarlier, sawNew) = (sawEarlier || standing == earlier, sawNew || standing != earlier)
        // The job goes only once the archive that has all of it stands.
        #expect(isWhole || standing != earlier, "step \(step)")
        #expect(try workspace.cpwx("archive", "verify", workspace.archive()).code == 0, "step \(step)")
        let again = try workspace.cpwx("archive", "--force", id)
        #expect(again.code == 0, "step \(step): \(again.errors)")
        #expect(workspace.jobs.isEmpty && workspace.archives.count == 1, "step \(step)")
        #expect(workspace.leftovers.isEmpty, "step \(step): \(workspace.leftovers)")
        #expect(try workspace.cpwx("archive", "restore", id).code == 0, "step \(step)")
        #expect(try workspace.snapshot(job, logs) == whole, "step \(step)")
      }
      #expect(steps > 20 && sawEarlier && sawNew, "\(steps)")
    }
  }

  @Test func `restoring cut off at any step leaves nothing half in place, and the next one ends it`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      let whole = try workspace.snapshot(job, logs)
      #expect(try workspace.cpwx("archive", id).code == 0)
      try save(workspace)
      let steps = try cutOff(workspace, ["archive", "restore", id]) {
        try bringBack(workspace)
      } check: { step throws in
        #expect(workspace.archives.count == 1, "step \(step)")
        if workspace.exists(job) { #expect(try workspace.snapshot(job, logs) == whole, "step \(step)") }
        let again = try workspace.cpwx("archive", "restore", id)
        #expect(again.code == 0 || workspace.leftovers.isEmpty, "step \(step): \(again.errors)")
        #expect(try workspace.snapshot(job, logs) == whole, "step \(step)")
        #expect(workspace.leftovers.isEmpty, "step \(step): \(workspace.leftovers)")
        #expect(try workspace.json("job", "list").array?.first?["archive_state"]?.string == "restored", "step \(step)")
      }
      #expect(steps > 8, "\(steps)")
    }
  }

  @Test func `a restoration that replaces, cut off at any step, loses neither what was nor what comes`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      let whole = try workspace.snapshot(job, logs)
      #expect(try workspace.cpwx("archive", "--keep", id).code == 0)
      try workspace.write(job + "/mine.txt", "mine")
      try save(workspace)
      let steps = try cutOff(workspace, ["archive", "restore", "--replace", id]) {
        try bringBack(workspace)
      } check: { step throws in
        // Whatever is begun is ended by the next command that writes.
        #expect(try workspace.cpwx("archive", "restore", id).code != nil)
        if !workspace.exists(job + "/mine.txt") { #expect(try workspace.snapshot(job, logs) == whole, "step \(step)") }
        #expect(workspace.tree("out").filter { $0.hasSuffix("/mine.txt") }.count == 1, "step \(step)")
        #expect(workspace.leftovers.isEmpty, "step \(step): \(workspace.leftovers)")
      }
      #expect(steps > 8, "\(steps)")
      #expect(try workspace.snapshot(job, logs) == whole)
    }
  }

  @Test func `restoring with logs on another disk, cut off at any step, leaves nothing for whatever comes next`() throws
  {
    try TestWorkspace.withArchiveOfTwoDisks { workspace, id, job, logs, whole in
      func leftovers() -> [String] { workspace.leftovers + workspace.leftovers(in: "disk").map { "disk/" + $0 } }
      var wasHalfReady = false
      let steps = try cutOff(workspace, ["archive", "restore", id]) {
        let emptied = try workspace.start(["sh", "-c", "rm -rf out/* disk/logs"]).wait()
        #expect(emptied.code == 0)
      } check: { step throws in
        let ready = leftovers().filter { $0.hasSuffix(".ready") }
        wasHalfReady = wasHalfReady || ready.count == 1 && ready[0].hasPrefix("disk/")
        // Any command that writes ends what was begun, or undoes it: not only the same one.
        #expect(try workspace.cpwx("archive", "--older-than", "1000d").code == 0, "step \(step)")
        #expect(leftovers() == [], "step \(step)")
        if workspace.exists(job) {
          #expect(try workspace.snapshot(job, logs) == whole, "step \(step)")
        } else {
          #expect(!workspace.exists(logs), "step \(step)")
        }
      }
      #expect(steps > 8 && wasHalfReady, "\(steps)")
    }
  }

  @Test func `archiving to another disk, cut off at any step, and restoring from there, end as if they had not been`()
    throws
  {
    try TestWorkspace.withFinishedJob(config: ["ARCHIVE_ROOT=disk/archive"]) { workspace, id in
      try workspace.mountLoopDisk(at: workspace.path("disk"), size: "32M")
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      let whole = try workspace.snapshot(job, logs)
      func sh(_ script: String) throws {
        let outcome = try workspace.start(["sh", "-ec", script]).wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
      }
      func leftovers() -> [String] { workspace.leftovers + workspace.leftovers(in: "disk/archive") }
      func row() throws -> JSON { try #require(try workspace.json("job", "list").array?.first) }
      try sh("mkdir saved; cp -a out logs .cpwx saved/; rm saved/.cpwx/index.*")
      // What comes of it when nothing cuts it off.
      #expect(try workspace.cpwx("archive", id).code == 0)
      let path = try #require(workspace.archives(in: "disk/archive").first)
      let (archived, archivedRow) = (try workspace.bytes(path), try row())
      #expect(archivedRow["archive_state"]?.string == "archived" && archivedRow["archive"]?.string == path)
      var (sawBoth, sawArchiveAlone) = (false, false)
      // Each step has its turn where all is on one disk.
      let steps = try cutOff(workspace, ["archive", "--parallel", "1", id], by: 3) {
        try sh("rm -rf out logs disk/archive .cpwx config/.env.job_*; cp -a saved/. .")
      } check: { step throws in
        let isWhole = workspace.exists(job) && (try? workspace.snapshot(job, logs)) == whole
        let found = workspace.archives(in: "disk/archive")
        #expect(isWhole || found == [path], "step \(step)")
        if !found.isEmpty {
          #expect(try found == [path] && workspace.bytes(path) == archived, "step \(step)")
        }
        (sawBoth, sawArchiveAlone) = (sawBoth || isWhole && !found.isEmpty, sawArchiveAlone || !isWhole)
        let again = try workspace.cpwx("archive", id)
        #expect(again.code == 0, "step \(step): \(again.errors)")
        #expect(workspace.archives(in: "disk/archive") == [path], "step \(step)")
        #expect(try workspace.bytes(path) == archived, "step \(step)")
        #expect(workspace.jobs.isEmpty && !workspace.exists(logs), "step \(step)")
        #expect(leftovers() == [], "step \(step)")
        #expect(try row() == archivedRow, "step \(step)")
      }
      #expect(steps > whole.filter { $0.contains("|f|") }.count + 10 && sawBoth && sawArchiveAlone, "\(steps)")
      let ways = try cutOff(workspace, ["archive", "restore", id], by: 3) {
        try sh("rm -rf out logs disk/archive .cpwx; cp -a saved/. .; rm -r out/* logs/*")
        try workspace.write(path, archived)
      } check: { step throws in
        #expect(try workspace.bytes(path) == archived, "step \(step)")
        if workspace.exists(job) { #expect(try workspace.snapshot(job, logs) == whole, "step \(step)") }
        let again = try workspace.cpwx("archive", "restore", id)
        #expect(again.code == 0, "step \(step): \(again.errors)")
        #expect(try workspace.snapshot(job, logs) == whole && workspace.bytes(path) == archived, "step \(step)")
        #expect(leftovers() == [], "step \(step)")
        #expect(try row()["archive_state"]?.string == "restored", "step \(step)")
      }
      #expect(ways > 8, "\(ways)")
    }
  }

  @Test func `pruning cut off at any step leaves the number used`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      #expect(try workspace.cpwx("archive", id).code == 0)
      try save(workspace)
      let steps = try cutOff(workspace, ["archive", "prune", "--yes", id]) {
        try bringBack(workspace)
      } check: { step throws in
        if !workspace.archives.isEmpty { #expect(try workspace.cpwx("archive", "prune", "--yes", id).code == 0) }
        #expect(workspace.archives.isEmpty, "step \(step)")
        let made = try workspace.cpwx("job", "create").output
        #expect(made.hasSuffix("-002\n"), "step \(step): \(made)")
      }
      #expect(steps > 0, "\(steps)")
    }
  }
}
