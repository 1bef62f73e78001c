import Foundation
import Jobs
import Testing

/// The index is only ever a help: whatever becomes of it, answers are right and jobs run.
struct IndexTroubleTests {
  private func withJobs(_ count: Int = 3, _ body: (TestWorkspace) throws -> Void) throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for number in 1...count { try workspace.film("Film \(number).mp4", holding: "film \(number)") }
      try workspace.cpwx("run", "-q")
      try body(workspace)
    }
  }

  @Test(arguments: [false, true])
  func `a killed reindex leaves the old index whole`(isInUse: Bool) throws {
    try withJobs { workspace in
      let job = try #require(workspace.jobs.first)
      for number in 0..<100 {
        let copy = job.dropLast(3) + String(1000 + number)
        try FileManager.default.copyItem(atPath: job, toPath: String(copy))
      }
      let whole = try workspace.cpwx("job", "list", "--limit", "0", "--format", "csv").output
      #expect(whole.split(separator: "\n").count == 104)
      if isInUse {
        // As whoever has it open: the file then stays, and its content is exchanged.
        let use = """
          import fcntl, time
          users = open(".cpwx/index.users")
          fcntl.flock(users, fcntl.LOCK_SH)
          open("held", "w").close()
          time.sleep(900)
          """
        let user = try workspace.start(["python3", "-c", use])
        workspace.atEnd { user.send(SIGKILL) }
        #expect(eventually { workspace.exists("held") })
      }
      for delay in stride(from: 0, to: 160_000, by: 10_000) {
        let reindex = try workspace.startCPWX("job", "reindex")
        usleep(useconds_t(delay))
        reindex.send(SIGKILL)
        try reindex.wait()
        let outcome = try workspace.cpwx("job", "list", "--limit", "0", "--format", "csv")
        #expect(outcome.output == whole)
        #expect(outcome.errors == "", "killed after \(delay) µs")
      }
      #expect(try workspace.cpwx("job", "reindex").output == "103 jobs indexed\n")
      #expect(!workspace.tree(".cpwx").contains { $0.contains(".tmp-") })
    }
  }

  @Test func `a reindex cut off before any step that reaches the disk leaves an index that serves`() throws {
    try withJobs { workspace in
      func listed() throws -> Outcome { try workspace.cpwx("job", "list", "--format", "csv") }
      let whole = try listed().output
      #expect(whole.split(separator: "\n").count == 4)
      var steps = 0
      for isMissing in [false, true] {
        for step in 1...100 {
          if isMissing { try workspace.remove(".cpwx/index.sqlite") }
          let reindex = try workspace.cpwx("job", "reindex", environment: ["CPWX_FAULT_STEP": "\(step)"])
          if reindex.signal != SIGKILL {
            #expect(reindex.code == 0 && reindex.output == "3 jobs indexed\n", "\(reindex)")
            break
          }
          steps += 1
          let after = try listed()
          #expect(after.output == whole, "cut off before step \(step)")
          let isStanding = after.errors == "" || isMissing && after.errors.contains("is missing")
          #expect(isStanding, "step \(step): \(after.errors)")
        }
      }
      #expect(steps >= 2, "it goes over its own steps")
      #expect(try listed().errors == "")
      #expect(!workspace.tree(".cpwx").contains { $0.contains(".tmp-") || $0.contains("kept") })
    }
  }

  @Test func `a reindex tells on a terminal how far it is, in a line that goes when it is done`() throws {
    try TestWorkspace.with { workspace in
      for day in ["01", "02", "03"] {
        try workspace.write("out/2026/01/\(day)/1/202601\(day)-001/manifest.json", #"{"status": "completed"}"#)
      }
      // The second day takes long enough to be told of.
      let second = workspace.path("out/2026/01/02/1/20260102-001/manifest.json")
      let slowly = "strace -f -qq -o /dev/null -P '\(second)' -e trace=openat -e inject=openat:delay_enter=2000000"
      let seen = try workspace.start(
        ["script", "-qec", "stty cols 80; exec \(slowly) '\(CPWX.path)' job reindex", "/dev/null"],
        environment: ["TERM": "xterm"]
      ).wait()
      #expect(seen.code == 0)
      #expect(seen.output.contains("\r\u{1B}[K2 jobs read, day 2 of 3\r"), "\(seen.output)")
      #expect(seen.output.hasSuffix("\r\u{1B}[K3 jobs indexed\r\n"), "\(seen.output)")
      #expect(seen.output.utf8.count { $0 == 0x0A } == 1)
    }
  }

  @Test func `what lies in the index's place is kept aside, and jobs run on`() throws {
    try withJobs(1) { workspace in
      try workspace.remove(".cpwx/index.sqlite")
      try FileManager.default.createDirectory(
        atPath: workspace.path(".cpwx/index.sqlite"), withIntermediateDirectories: true)
      try workspace.write(".cpwx/index.sqlite/in-the-way", "")
      try workspace.film("More.mp4", holding: "more")
      let run = try workspace.cpwx("run")
      #expect(run.code == 0)
      #expect(run.errors.contains("the old index is kept as"))
      #expect(workspace.tree(".cpwx").contains { $0.hasSuffix("/in-the-way") })
      #expect(workspace.jobs.count == 2)
      let list = try workspace.cpwx("job", "list", "--format", "ndjson")
      #expect(list.lines.count == 2)
      #expect(list.errors == "")
    }
  }

  @Test func `a film is known by its job when the index is lost or changed`() throws {
    try withJobs { workspace in
      try workspace.remove(".cpwx/index.sqlite")
      #expect(try workspace.cpwx("run").code == 0)
      var bytes = try workspace.bytes(".cpwx/index.sqlite")
      for place in stride(from: 4096, to: bytes.count, by: 997) { bytes[place] ^= 0x55 }
      try workspace.write(".cpwx/index.sqlite", bytes)
      let run = try workspace.cpwx("run")
      #expect(run.code == 0)
      #expect(run.errors.contains("made anew"))
      #expect(workspace.jobs.count == 3)
      #expect(workspace.runs.count == 3)
    }
  }

  @Test func `it is read by its owner alone, and by sqlite3`() throws {
    try withJobs(2) { workspace in
      #expect(try workspace.mode(".cpwx/index.sqlite") == 0o600)
      let answer = try workspace.start([
        "sqlite3", "-readonly", ".cpwx/index.sqlite",
        "PRAGMA journal_mode; SELECT count(*), status FROM jobs GROUP BY status",
      ]).wait()
      #expect(answer.output == "wal\n2|completed\n")
    }
  }

  @Test func `many processes write it at once, and none is turned away`() throws {
    try TestWorkspace.with([.making("one"), .making("two")]) { workspace in
      let writers = try (0..<16).map { number in
        let film = try workspace.film("Film \(number).mp4", holding: "film \(number)")
        return try workspace.startCPWX("run", film, "--user", String(number + 1))
      }
      let readers = try (0..<4).map { _ in
        try workspace.start(["sh", "-c", "for i in 1 2 3 4 5 6 7 8; do \"$0\" job list || exit 1; done", CPWX.path])
      }
      for program in writers + readers {
        let outcome = try program.wait(atMost: 300)
        #expect(outcome.code == 0)
        // On a slow machine one may have to wait for whoever makes it first, or make it of jobs that others have begun.
        let said = outcome.errors.split(separator: "\n").filter { line in
          !line.hasSuffix("; waiting for it") && !line.hasSuffix("is missing; it is made anew from the jobs' files")
        }
        #expect(!said.contains { $0.contains("index") || $0.contains("locked") }, "\(outcome.errors)")
      }
      let kept = try workspace.cpwx("job", "list", "--limit", "0", "--format", "ndjson").output
      #expect(kept.split(separator: "\n").count == 16)
      try workspace.cpwx("job", "reindex")
      #expect(try workspace.cpwx("job", "list", "--limit", "0", "--format", "ndjson").output == kept)
    }
  }

  @Test func `jobs run on when the disk of the index is full`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let disk = workspace.path("state")
      try workspace.mountDisk(at: disk, size: "64k")
      try workspace.film()
      let run = try workspace.start([CPWX.path, "run"], environment: ["CPWX_STATE": disk]).wait()
      #expect(run.code == 0, "\(run.errors)")
      #expect(run.errors.contains("index"))
      let list = try workspace.start(
        [CPWX.path, "job", "list", "--format", "ndjson"], environment: ["CPWX_STATE": disk]
      )
      .wait()
      #expect(list.code == 0)
      #expect(list.lines.count == 1 && list.output.contains("completed"))
      #expect(list.errors.contains("files are read for this look"))
      // Nor is there room for one that serves a moment.
      let full = ["CPWX_STATE": disk, "TMPDIR": disk]
      for question in [["list"], ["stats"], ["find", "film"], ["path", "latest"], ["why", "latest"]] {
        let answer = try workspace.start([CPWX.path, "job"] + question, environment: full).wait()
        #expect(answer.code == 0, "\(question): \(answer.errors)")
        #expect(!answer.errors.contains("SQLite"), "\(answer.errors)")
      }
      let reindex = try workspace.start([CPWX.path, "job", "reindex"], environment: full).wait()
      #expect(reindex.code == 74)
      #expect(reindex.errors.contains("the index cannot be made (database or disk is full)"), "\(reindex.errors)")
    }
  }

  @Test func `a full disk of small blocks ends no program that has the index open`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let disk = workspace.path("state")
      try workspace.mountLoopDisk(at: disk, size: "8M", making: "mkfs.ext4 -q -m 0 -b 1024")
      func cpwx(_ arguments: String...) throws -> Outcome {
        try workspace.start([CPWX.path] + arguments, environment: ["CPWX_STATE": disk]).wait()
      }
      try workspace.film("Film.mp4", holding: "film")
      #expect(try cpwx("run", "-q").code == 0)
      for (number, free) in stride(from: 24, through: 96, by: 8).enumerated() {
        try workspace.fill(disk, leaving: free)
        try workspace.film("Film \(number).mp4", holding: "film \(number)")
        let run = try cpwx("run", "-q")
        #expect(run.code == 0, "\(free) KiB: \(run)")
        let list = try cpwx("job", "list", "--format", "ndjson")
        #expect(list.code == 0 && list.lines.count == number + 2, "\(free) KiB: \(list)")
        #expect(list.errors == "" || list.errors.contains("files are read for this look"), "\(list.errors)")
      }
      try workspace.remove("state/filler")
      #expect(try cpwx("job", "list", "--format", "ndjson").lines.count == 11)
    }
  }

  @Test func `where it cannot be written, making it anew is refused, and lists are made from the files`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let folder = workspace.path(".cpwx")
      try workspace.mount(["--bind", folder], at: folder)
      try workspace.mount(["-o", "remount,bind,ro"], at: folder)
      let outcome = try workspace.cpwx("job", "reindex")
      #expect(outcome.code == 74)
      #expect(outcome.errors == "cpwx: \(folder): cannot be written (Read-only file system)\n")
      let list = try workspace.cpwx("job", "list")
      #expect(list.code == 0)
      #expect(list.output.contains("Film"))
      #expect(!list.errors.contains("another process"), "\(list.errors)")
    }
  }

  @Test func `where it cannot be written, what was edited, added and removed since is told all the same`() throws {
    try withJobs(2) { workspace in
      #expect(try workspace.cpwx("job", "list").lines.count == 3)
      let folder = workspace.path(".cpwx")
      try workspace.mount(["--bind", folder], at: folder)
      try workspace.mount(["-o", "remount,bind,ro"], at: folder)
      func titles(_ arguments: String...) throws -> [String] {
        let answer = try workspace.start([CPWX.path, "job"] + arguments + ["--format", "ndjson"]).wait()
        #expect(answer.code == 0, "\(arguments): \(answer.errors)")
        let why = "cannot be brought up to date (the lock file cannot be opened: Read-only file system)"
        let told = "\(why); the jobs' files are read for this look"
        #expect(answer.errors.contains(told), "\(arguments): \(answer.errors)")
        return try answer.lines.map { try JSON(parsing: $0.utf8)["title"]?.string ?? "-" }
      }
      try workspace.replace("\"Film 1\"", by: "\"Sholay\"", in: workspace.jobs[0] + "/manifest.json")
      #expect(try titles("list") == ["Film 2", "Sholay"])
      #expect(try titles("list", "title~film") == ["Film 2"])
      #expect(try titles("find", "sholay") == ["Sholay"])
      let added = "out/2031/05/06/1/20310506-001"
      let copy = "mkdir -p \"$2\" && cp -a \"$1/.\" \"$2\" && sed -i 's/\"Film 2\"/\"Lagaan\"/' \"$2/manifest.json\""
      let copied = try workspace.start(["sh", "-ec", copy, "sh", workspace.jobs[1], added]).wait()
      #expect(copied.code == 0, "\(copied.errors)")
      #expect(try titles("list") == ["Lagaan", "Film 2", "Sholay"])
      #expect(try titles("find", "lagaan") == ["Lagaan"])
      try workspace.remove(added)
      try workspace.remove(workspace.jobs[1])
      #expect(try titles("list") == ["Sholay"])
    }
  }

  @Test func `where its own file may not be written, what changed since is told from the jobs' files`() throws {
    try withJobs(2) { workspace in
      #expect(try workspace.cpwx("job", "list").lines.count == 3)
      let index = workspace.path(".cpwx/index.sqlite")
      try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: index)
      let before = try workspace.bytes(".cpwx/index.sqlite")
      try workspace.replace("\"Film 1\"", by: "\"Sholay\"", in: workspace.jobs[0] + "/manifest.json")
      // As anybody who is not root.
      let held = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", CPWX.path]
      let list = try workspace.startAsRoot(held + ["job", "list", "--format", "ndjson"]).wait()
      #expect(list.code == 0 && list.errors.contains("files are read for this look"), "\(list)")
      #expect(try list.lines.map { try JSON(parsing: $0.utf8)["title"]?.string } == ["Film 2", "Sholay"])
      #expect(try workspace.bytes(".cpwx/index.sqlite") == before)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: index)
      let after = try workspace.cpwx("job", "list", "title~sholay")
      #expect(after.lines.count == 2 && after.errors == "", "\(after)")
    }
  }

  @Test func `a folder of archives that one may not look into is told of when the index is made anew`() throws {
    try withJobs(1) { workspace in
      try workspace.cpwx("archive", "-q", "latest")
      let name = try #require(try FileManager.default.contentsOfDirectory(atPath: workspace.path("archive")).first)
      let folder = workspace.path("archive/" + name)
      try workspace.remove(".cpwx/index.sqlite")
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: folder)
      // As anybody who is not root.
      let held = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", CPWX.path]
      let message = "archive/\(name): cannot be read, and what archives there are is not known"
      let verified = try workspace.startAsRoot(held + ["archive", "verify", "--all"]).wait()
      #expect(verified.code == 74 && verified.errors.contains(message), "\(verified)")
      for command in [["archive", "list"], ["run", "-n"]] {
        let said = try workspace.startAsRoot(held + command).wait()
        #expect(said.code == 0 && said.errors.contains(message), "\(said)")
      }
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
      let after = try workspace.cpwx("archive", "verify", "--all")
      #expect(after.output.contains("good") && after.errors == "", "\(after)")
    }
  }

  @Test func `one that serves a look alone leaves no file, wherever it is cut off`() throws {
    try withJobs(2) { workspace in
      let expected = try workspace.cpwx("job", "list", "--format", "csv").output
      try workspace.remove(".cpwx")
      try workspace.write(".cpwx", "a file where the folder should be")
      let temporary = (workspace.root as NSString).deletingLastPathComponent + "/temporary"
      try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
      for step in 1...100 {
        let list = try workspace.cpwx(
          "job", "list", "--format", "csv", environment: ["CPWX_FAULT_STEP": "\(step)", "TMPDIR": temporary])
        #expect(workspace.tree(temporary) == [], "cut off before step \(step)")
        if list.signal == SIGKILL { continue }
        #expect(list.code == 0 && list.output == expected, "\(list)")
        #expect(list.errors.contains("files are read for this look"), "\(list.errors)")
        break
      }
    }
  }

  @Test func `jobs run on beside an index of a newer cpwx, which stays as it is`() throws {
    try withJobs(2) { workspace in
      let newer = """
        import json, os, sqlite3
        index = sqlite3.connect(".cpwx/index.sqlite", isolation_level=None)
        index.execute("INSERT INTO grdb_migrations VALUES ('99 of the future')")
        index.close()
        status = os.stat(".cpwx/index.sqlite")
        note = {"inode": status.st_ino, "size_bytes": status.st_size, "modified": status.st_mtime_ns}
        open(".cpwx/index.lock", "w").write(json.dumps(note))
        """
      let made = try workspace.start(["python3", "-c", newer]).wait()
      #expect(made.code == 0, "\(made.errors)")
      let before = try workspace.bytes(".cpwx/index.sqlite")
      try workspace.film("More.mp4", holding: "more")
      let run = try workspace.cpwx("run")
      #expect(run.code == 0 && run.errors.contains("is of a newer cpwx and stays as it is"), "\(run)")
      #expect(workspace.runs.count == 3)
      let list = try workspace.cpwx("job", "list", "status=completed", "--format", "ndjson")
      #expect(list.lines.count == 3 && list.errors.contains("is of a newer cpwx"), "\(list)")
      #expect(try workspace.bytes(".cpwx/index.sqlite") == before)
    }
  }

  @Test func `who may not read it is answered from the files`() throws {
    try withJobs(2) { workspace in
      let expected = try workspace.cpwx("job", "list", "--format", "csv").output
      let outside = (workspace.root as NSString).deletingLastPathComponent
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: outside)
      let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "TMPDIR=/tmp"]
      let list = try workspace.startAsRoot(nobody + [CPWX.path, "job", "list", "--format", "csv"]).wait()
      #expect(list.code == 0)
      #expect(list.output == expected)
      #expect(list.errors.contains("files are read for this look"), "\(list.errors)")
    }
  }

  @Test func `a job that one may not read is neither damaged nor forgotten, and is told of`() throws {
    try withJobs(2) { workspace in
      let expected = try workspace.cpwx("job", "list", "--format", "csv").output
      let outside = (workspace.root as NSString).deletingLastPathComponent
      for (path, mode) in [
        (outside, 0o755), (workspace.path(workspace.jobs[0]), 0o700),
        (workspace.path(workspace.jobs[1] + "/manifest.json"), 0o600),
      ] {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      }
      // An index that everybody writes.
      try workspace.start(["sh", "-c", "chmod -R a+rwX .cpwx"]).wait()
      let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "TMPDIR=/tmp"]
      for state in [nil, "/nowhere"] {
        let settings = state.map { ["CPWX_STATE=\($0)"] } ?? []
        let list = try workspace.startAsRoot(nobody + settings + [CPWX.path, "job", "list", "--format", "csv"]).wait()
        #expect(list.code == 0)
        #expect(!list.output.contains("damaged"), "\(list.output)")
        #expect(list.errors.contains("may not read"), "\(list.errors)")
      }
      #expect(try workspace.cpwx("job", "list", "--format", "csv").output == expected)
    }
  }

  /// One may see what lies in a folder, and not what that is; or not even that.
  @Test(arguments: ["out", "out/2026/01", "out/2026/01/15", "out/2026/01/15/2"], ["700", "744"])
  func `jobs in a folder that one may not look into are not forgotten, and found by who may`(
    closed: String, mode: String
  ) throws {
    try TestWorkspace.with { workspace in
      for user in ["1", "2"] {
        let folder = "out/2026/01/15/\(user)/20260115-00\(user)"
        try workspace.write(folder + "/manifest.json", #"{"status": "completed"}"#)
      }
      let outside = (workspace.root as NSString).deletingLastPathComponent
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: outside)
      func listed() throws -> Outcome { try workspace.cpwx("job", "list", "--format", "csv") }
      let expected = try listed().output
      #expect(expected.split(separator: "\n").count == 3)
      // An index that everybody writes.
      try workspace.start(["sh", "-c", "chmod \"$1\" \"$0\"; chmod -R a+rwX .cpwx", closed, mode]).wait()
      let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "TMPDIR=/tmp"]
      for isMissing in [false, true] {
        if isMissing { try workspace.remove(".cpwx/index.sqlite") }
        let other = try workspace.startAsRoot(nobody + [CPWX.path, "job", "list", "--format", "csv"]).wait()
        #expect(other.code == 0 && other.errors.contains("this user may not read its files"), "\(other)")
        // What an index held before is still told.
        #expect(isMissing || other.output == expected, "\(other)")
        let own = try listed()
        #expect(own.output == expected && own.errors == "", "\(own)")
      }
    }
  }

  @Test func `an archive that came into a folder which one may not look into is found by who may`() throws {
    try withJobs(1) { workspace in
      #expect(try workspace.cpwx("job", "list").lines.count == 2)
      let outside = (workspace.root as NSString).deletingLastPathComponent
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: outside)
      try workspace.write("archive/2026/01/15/3/20260115-003.tar.zst", "cut short")
      try workspace.start(["sh", "-c", "chmod 700 archive/2026/01; chmod -R a+rwX .cpwx"]).wait()
      // Later than the clock's tick, in which a folder is looked at again anyway.
      usleep(100_000)
      let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "TMPDIR=/tmp"]
      let other = try workspace.startAsRoot(nobody + [CPWX.path, "job", "list"]).wait()
      #expect(other.code == 0 && other.lines.count == 2, "\(other)")
      let own = try workspace.cpwx("job", "list", "archive=archived", "--format", "ndjson")
      #expect(own.lines.count == 1 && own.output.contains("20260115-003"), "\(own)")
    }
  }

  @Test func `who may not read a job's settings hears of the job what a dry run says`() throws {
    try withJobs(1) { workspace in
      let outside = (workspace.root as NSString).deletingLastPathComponent
      for folder in [outside, workspace.path(".cpwx")] {
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
      }
      let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "TMPDIR=/tmp", CPWX.path]
      func decision(_ arguments: String...) throws -> (kind: String?, reason: String?) {
        let outcome = try workspace.startAsRoot(nobody + arguments + ["--format", "json"]).wait()
        let said = try JSON(parsing: outcome.output.utf8)
        let answer = said.array?.first ?? said
        return (answer["decision"]?.string, answer["reason"]?.string)
      }
      let plan = try decision("run", "-n")
      #expect(plan.kind == "skip")
      for subject in ["latest", "in/Film 1.mp4"] {
        let why = try decision("job", "why", subject)
        #expect(why == plan, "\(subject): \(why)")
      }
    }
  }

  @Test func `somebody's own change of it, left open, keeps nobody from a look at what is so now`() throws {
    try withJobs(2) { workspace in
      let open = """
        import sqlite3, time
        index = sqlite3.connect(".cpwx/index.sqlite", isolation_level=None)
        index.execute("BEGIN IMMEDIATE")
        open("held", "w").close()
        time.sleep(900)
        """
      let holder = try workspace.start(["python3", "-c", open])
      #expect(eventually { workspace.exists("held") })
      let manifest = workspace.jobs[0] + "/manifest.json"
      let text = try workspace.read(manifest)
      try workspace.write(manifest, text.replacing("\"Film 1\"", with: "\"Other\""))
      let listed = try workspace.cpwx("job", "list")
      #expect(listed.code == 0 && listed.errors == "", "\(listed.errors)")
      #expect(listed.output.contains("Other") && listed.output.contains("Film 2"), "\(listed.output)")
      #expect(try workspace.cpwx("job", "show", "latest").code == 0)
      holder.send(SIGKILL)
      try holder.wait(atMost: .infinity)
      #expect(try workspace.cpwx("job", "list", "title~other").lines.count == 2)
    }
  }

  @Test func `the shell completes ids from it, and gets nothing where there is none`() throws {
    try withJobs(2) { workspace in
      let ids = try workspace.cpwx("job", "list", "--format", "csv", "--columns", "job_id").lines.dropFirst()
      let day = ids.first?.prefix(8).description ?? ""
      func offered() throws -> Outcome { try workspace.cpwx("complete", "bash", "cpwx", "job", "show", day) }
      #expect(try offered().lines == Array(ids))
      try workspace.remove(".cpwx/index.sqlite")
      let none = try offered()
      #expect(none.output == "" && none.errors == "")
      #expect(!workspace.exists(".cpwx/index.sqlite"))
    }
  }

  @Test func `batches leave a record, which the index tells of, also when it is made anew`() throws {
    try withJobs(2) { workspace in
      func batches() throws -> String {
        let question = "SELECT batch_id, status, folder FROM batches ORDER BY started_at"
        return try workspace.start(["sqlite3", "-readonly", ".cpwx/index.sqlite", question]).wait().output
      }
      let first = try batches()
      #expect(first.contains(/^\d{8}-\d{6}-\d+\|completed\|in\n$/))
      let id = first.prefix { $0 != "|" }
      let record = try JSON(parsing: workspace.bytes("logs/batches/\(id).json"))
      #expect(record["jobs"]?.array?.map { $0["status"]?.string } == ["completed", "completed"])
      try workspace.cpwx("run")
      #expect(try batches() == first, "a run with nothing to do is no batch")
      try workspace.declare([Stage("one", script: "sleep 60")])
      try workspace.film("Long.mp4", holding: "long")
      let killed = try workspace.startCPWX("run")
      #expect(eventually { workspace.runs.count == 3 })
      killed.send(SIGKILL)
      try killed.wait()
      try workspace.cpwx("job", "reindex")
      #expect(try batches().hasPrefix(first))
      #expect(try batches().split(separator: "\n").last?.contains("|interrupted|in") == true)
      #expect(workspace.tree("logs/batches").contains { $0.hasSuffix(".lock") })
      try workspace.declare([.making("one")])
      try workspace.cpwx("run")
      #expect(!workspace.tree("logs/batches").contains { $0.hasSuffix(".lock") })
    }
  }
}
