import Foundation
import Jobs
import SystemPackage
import Testing

/// `cpwx job rm`: gone for good, all of it and nothing else, whatever happens in the middle.
struct RemovalTests {
  /// The job, its logs, and whatever a removal may leave of them.
  /// Records of batches are called by the moment of their beginning, which may begin like a job's id.
  private func remains(_ workspace: TestWorkspace, of id: String) -> [String] {
    workspace.tree().filter { path in
      path.contains(id) && !path.contains(".tmp-") && ![".cpwx/", "logs/batches/"].contains { path.hasPrefix($0) }
    }
  }

  private func finished<Result>(_ body: (TestWorkspace, _ id: String) throws -> Result) throws -> Result {
    try TestWorkspace.with([.making("one"), .making("two", from: ["one.out"])]) { workspace in
      try workspace.film("Film (2001).mp4")
      #expect(try workspace.cpwx("run").code == 0)
      return try body(workspace, String(try workspace.job().suffix(12)))
    }
  }

  @Test func `a job goes with its folder, its logs and its env file, and the film stays`() throws {
    try finished { workspace, id in
      try workspace.write("config/.env.job_\(id)", "JOB_ID=\(id)\n")
      let outcome = try workspace.cpwx("job", "rm", "--yes", id)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("removed"))
      #expect(remains(workspace, of: id).isEmpty)
      #expect(workspace.exists("in/Film (2001).mp4"))
      #expect(try workspace.cpwx("job", "list").output.isEmpty)
      #expect(try workspace.cpwx("job", "show", id).code == 64)
      #expect(try workspace.cpwx("run").code == 0)
      #expect(try workspace.job().hasSuffix(id.dropLast(1) + "2"))
    }
  }

  @Test func `the env file of another job that is called alike stays`() throws {
    try finished { workspace, id in
      // As of a tree in which each user counts anew.
      let job = try workspace.job()
      let other = job.replacing("/1/\(id)", with: "/2/\(id)")
      try workspace.write(other + "/manifest.json", "{}")
      let settings = "JOB_ID=\(id)\nUSER_ID=2\nOUTPUT_ROOT=\(other)\n"
      try workspace.write("config/.env.job_\(id)", settings)
      let outcome = try workspace.cpwx("job", "rm", "--yes", job)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try workspace.read("config/.env.job_\(id)") == settings)
      #expect(workspace.exists(other))
    }
  }

  @Test func `keep-logs keeps them`() throws {
    try finished { workspace, id in
      let logs = try workspace.logFolder()
      let before = workspace.tree(logs)
      #expect(try workspace.cpwx("job", "rm", "--yes", "--keep-logs", id).code == 0)
      #expect(workspace.jobs.isEmpty)
      #expect(workspace.tree(logs) == before)
    }
  }

  @Test func `a dry run tells what would go, how much that is, and touches nothing`() throws {
    try finished { workspace, id in
      let job = try workspace.job()
      try workspace.write(job + "/big.bin", Data(count: 3_000_000))
      let before = workspace.tree()
      let outcome = try workspace.cpwx("job", "rm", "-n", id, "--format", "json")
      #expect(outcome.code == 0)
      let row = try #require(try JSON(parsing: outcome.output.utf8).array?.first)
      #expect(row["job_id"]?.string == id)
      #expect(row["result"]?.string == "would go")
      let files = [job, try workspace.logFolder()].flatMap { folder in
        workspace.tree(folder).map { folder + "/" + $0 }
      }
      let sizes = try files.map { try FileManager.default.attributesOfItem(atPath: $0)[.size] as? Int ?? 0 }
      #expect(row["bytes"]?.int == sizes.reduce(0, +))
      #expect(row["files"]?.int == files.count)
      #expect(try workspace.cpwx("job", "rm", "-n", id).output.contains("3.0 MB"))
      let after = workspace.tree().filter { !$0.hasPrefix(".cpwx") }
      #expect(after == before.filter { !$0.hasPrefix(".cpwx") })
    }
  }

  @Test func `without a terminal nothing goes unless --yes is given`() throws {
    try finished { workspace, id in
      let outcome = try workspace.cpwx("job", "rm", id)
      #expect(outcome.code == 64)
      #expect(outcome.errors.contains("--yes"))
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test(arguments: [("n", Int32(1), 1), ("", 1, 1), ("y", 0, 0)])
  func `on a terminal it asks, and only a yes is one`(answer: String, code: Int32, left: Int) throws {
    try finished { workspace, id in
      let ask = "{ sleep 0.5; printf '%s\\n' \"$1\"; sleep 0.5; } | script -qec \"'$0' job rm \(id)\" /dev/null"
      let outcome = try workspace.start(["sh", "-c", ask, CPWX.path, answer]).wait()
      #expect(outcome.output.contains("[y/N]"))
      #expect(outcome.code == code)
      #expect(workspace.jobs.count == left)
    }
  }

  @Test func `a job that is run is refused, and others go all the same`() throws {
    let stage = Stage("slow", script: "touch begun; until test -e open; do sleep 0.02; done")
    try TestWorkspace.with([stage]) { workspace in
      let idle = try workspace.cpwx("job", "create").lines[0]
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      let busy = String(try #require(workspace.jobs.last).suffix(12))
      let before = remains(workspace, of: busy)
      let planned = try workspace.cpwx("job", "rm", "-n", busy, idle, "--format", "json")
      #expect(planned.code == 75)
      let results = try JSON(parsing: planned.output.utf8).array?.map { $0["result"]?.string }
      #expect(results == ["held", "would go"])
      let outcome = try workspace.cpwx("job", "rm", "--yes", busy, idle)
      #expect(outcome.code == 75)
      #expect(outcome.errors.contains(busy) && outcome.errors.contains(String(run.pid)))
      let asked = try workspace.shown("job rm \(busy)", columns: 400).joined(separator: "\n")
      #expect(asked.contains(String(run.pid)) && !asked.contains("[y/N]"), "\(asked)")
      #expect(remains(workspace, of: busy) == before)
      #expect(remains(workspace, of: idle).isEmpty)
      try workspace.write("open", "")
      #expect(try run.wait().code == 0)
      #expect(try workspace.cpwx("job", "rm", "--yes", busy).code == 0)
      #expect(remains(workspace, of: busy).isEmpty)
    }
  }

  @Test func `one unknown name, and nothing goes`() throws {
    try finished { workspace, id in
      let outcome = try workspace.cpwx("job", "rm", "--yes", id, "20010101-001")
      #expect(outcome.code == 64)
      #expect(outcome.errors.contains("20010101-001"))
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test func `the number of a removed job is never given again, whoever made the job`() throws {
    try TestWorkspace.with { workspace in
      let first = try workspace.cpwx("job", "create").lines[0]
      let folder = (workspace.jobs[0] as NSString).deletingLastPathComponent
      let other = "\(first.prefix(8))-041"
      try workspace.write("\(folder)/\(other)/manifest.json", "{}")
      #expect(try workspace.cpwx("job", "rm", "--yes", other).code == 0)
      #expect(try workspace.read(".cpwx/numbers/\(first.prefix(8))") == "41\n")
      #expect(try workspace.cpwx("job", "create").lines == ["\(first.prefix(8))-042"])
    }
  }

  @Test func `the number is on the disk before anything goes`() throws {
    try TestWorkspace.with { workspace in
      let id = try workspace.cpwx("job", "create").lines[0]
      let trace = workspace.path("trace")
      let run = ["strace", "-f", "-e", "trace=fsync,rename,renameat,renameat2,unlinkat", "-y", "-o", trace]
      try workspace.start(run + [CPWX.path, "job", "rm", "--yes", id]).wait()
      let calls = try workspace.read("trace").split(separator: "\n")
      let number = try #require(calls.firstIndex { $0.contains("fsync") && $0.contains("/numbers/") })
      let rename = try #require(calls.firstIndex { $0.contains("rename") && $0.contains("/.rm-\(id)") })
      let synced = try #require(calls[rename...].firstIndex { $0.contains("fsync") })
      let removed = try #require(calls.firstIndex { $0.contains("unlinkat") && $0.contains("/\(id)") })
      #expect(number < rename && rename < synced && synced < removed)
    }
  }

  @Test(arguments: 1...8)
  func `whenever it is killed, the job is whole or the next removal finishes it`(round: Int) throws {
    let share = Double(round) / 10
    try finished { workspace, id in
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      let fill = """
        mkdir -p "$0/a/b" "$1/c"
        cd "$0/a/b" && seq 1 3000 | xargs touch
        cd "$1/c" && seq 1 2000 | xargs touch
        """
      try workspace.start(["sh", "-c", fill, job, logs]).wait()
      let other = try workspace.cpwx("job", "create").lines[0]
      let removal = try workspace.startCPWX("job", "rm", "--yes", id)
      // The first moments are the delicate ones; then anywhere in the middle.
      if round <= 2 { usleep(UInt32.random(in: 5_000...60_000)) } else { waitUntil(workspace, logs, job, gone: share) }
      removal.send(SIGKILL)
      try removal.wait()
      let isWhole = workspace.exists(job)
      let moment: Comment = "round \(round), whole: \(isWhole), \(remains(workspace, of: id).count) left"
      if isWhole {
        #expect(workspace.tree(job + "/a/b").count == 3000, moment)
        #expect(workspace.tree(logs + "/c").count == 2000, moment)
        #expect(try workspace.cpwx("manifest", "validate", id).code == 0, moment)
        #expect(try workspace.cpwx("job", "rm", "--yes", id).code == 0, moment)
      } else {
        #expect(!(try workspace.cpwx("job", "list").output.contains(id)), moment)
        // By its name as well as by any other removal.
        let isGone = remains(workspace, of: id).isEmpty
        let next = try workspace.cpwx("job", "rm", "--yes", round % 2 == 0 && !isGone ? id : other)
        #expect(next.code == 0, moment)
      }
      #expect(remains(workspace, of: id).isEmpty, moment)
      let day = String(id.prefix(8))
      #expect(try workspace.cpwx("job", "create").lines == ["\(day)-003"], moment)
    }
  }

  @Test func `a run finishes what a removal that was killed left`() throws {
    // On a busy machine a removal may have ended before the signal came.
    #expect(try (1...20).contains { _ in try isFinishedByRun() })
  }

  /// - Returns: whether the removal left something.
  private func isFinishedByRun() throws -> Bool {
    try finished { workspace, id in
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      let fill = "mkdir -p \"$0/a/b\" \"$1/c\" && cd \"$0/a/b\" && seq 1 3000 | xargs touch"
      try workspace.start(["sh", "-c", fill, job, logs]).wait()
      let removal = try workspace.startCPWX("job", "rm", "--yes", id)
      waitUntil(workspace, logs, job, gone: 0.6)
      removal.send(SIGKILL)
      try removal.wait()
      #expect(!workspace.exists(job))
      if workspace.tree(".cpwx/removals").isEmpty { return false }
      #expect(try workspace.cpwx("run", "-q").code == 0)
      #expect(remains(workspace, of: id).isEmpty)
      #expect(workspace.tree(".cpwx/removals").isEmpty)
      return true
    }
  }

  @Test func `what a dead run left at work is ended before its job goes`() throws {
    try TestWorkspace.with([Stage("slow", script: "touch begun; while :; do date > \"$1/busy\"; sleep 0.01; done")]) {
      workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      run.send(SIGKILL)
      try run.wait()
      #expect(!workspace.stageProcesses().isEmpty)
      let outcome = try workspace.cpwx("job", "rm", "--yes", "latest")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("ended processes that a run had left behind"))
      #expect(workspace.stageProcesses().isEmpty)
      #expect(workspace.jobs.isEmpty)
    }
  }

  /// Until such a share of the files is gone.
  private func waitUntil(_ workspace: TestWorkspace, _ logs: String, _ job: String, gone share: Double) {
    let tombstone = (job as NSString).deletingLastPathComponent + "/.rm-" + job.suffix(12)
    func count(_ folder: String) -> Int { Jobs.names(in: FilePath(folder)).count }
    // Only a failure takes that long: what comes before the first file goes is brought to the disk.
    let deadline = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < deadline {
      // Logs go first.
      let left = share < 0.4 ? count(logs + "/c") + 3000 : count(tombstone + "/a/b")
      if !workspace.exists(job), Double(5000 - left) / 5000 >= share { return }
    }
  }

  @Test func `a removal at work is not swept by another`() throws {
    try finished { workspace, id in
      let job = try workspace.job()
      let tombstone = (job as NSString).deletingLastPathComponent + "/.rm-" + id
      try workspace.move(job, to: tombstone)
      let other = try workspace.cpwx("job", "create").lines[0]
      let holder = try workspace.start(["flock", "--no-fork", tombstone + "/.cpwx.lock", "sleep", "600"])
      #expect(eventually { FileLock.isHeld(FilePath(tombstone + "/.cpwx.lock")) })
      let logs = workspace.tree("logs")
      #expect(try workspace.cpwx("job", "rm", "--yes", "--keep-logs", other).code == 0)
      #expect(workspace.exists(tombstone + "/manifest.json"))
      #expect(workspace.tree("logs") == logs)
      holder.send(SIGKILL)
    }
  }

  @Test func `a removal that was to keep the logs keeps them when another finishes it`() throws {
    try finished { workspace, id in
      let (job, logs) = (try workspace.job(), try workspace.logFolder())
      let tombstone = (job as NSString).deletingLastPathComponent + "/.rm-" + id + ".keep-logs"
      try workspace.move(job, to: tombstone)
      #expect(try workspace.cpwx("job", "rm", "--yes", id).code == 0)
      #expect(!workspace.exists(tombstone))
      #expect(workspace.exists(logs + "/one.log"))
    }
  }

  @Test func `links are removed as links, and names may be any bytes`() throws {
    try finished { workspace, id in
      let job = try workspace.job()
      try workspace.write("precious/film.mkv", "precious")
      let make = """
        cd "$0"
        ln -s ../../../../../../precious folder; ln -s ../../../../../../precious/film.mkv file; ln -s nowhere none
        mkdir -p -- "$(printf 'bad\\377\\nname')/inner" ' ' '-rf'
        touch "$(printf 'bad\\377\\nname')/inner/$(printf '\\001\\376')" -- ' /x' '-rf/-i' '*'
        """
      #expect(try workspace.start(["sh", "-c", make, job]).wait().code == 0)
      let outcome = try workspace.cpwx("job", "rm", "--yes", id)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(remains(workspace, of: id).isEmpty)
      #expect(try workspace.read("precious/film.mkv") == "precious")
    }
  }

  @Test func `a job's folder that is a link is refused`() throws {
    try finished { workspace, id in
      let job = try workspace.job()
      try workspace.move(job, to: "elsewhere")
      try FileManager.default.createSymbolicLink(atPath: job, withDestinationPath: workspace.path("elsewhere"))
      let outcome = try workspace.cpwx("job", "rm", "--yes", id)
      #expect(outcome.code == 74)
      #expect(outcome.errors.contains("elsewhere"))
      #expect(workspace.exists("elsewhere/manifest.json"))
    }
  }

  @Test func `a file system that is mounted in the job is refused, and stays whole`() throws {
    try finished { workspace, id in
      let job = try workspace.job()
      try workspace.write("precious/film.mkv", "precious")
      try workspace.write(job + "/a folder/x", "")
      try workspace.mount(["--bind", workspace.path("precious")], at: job + "/a folder")
      let outcome = try workspace.cpwx("job", "rm", "--yes", id)
      #expect(outcome.code == 74)
      #expect(outcome.errors.contains("mounted"))
      #expect(workspace.exists(job + "/manifest.json"))
      #expect(try workspace.read("precious/film.mkv") == "precious")
    }
  }

  @Test func `its owner, who is not root, removes folders closed to himself`() throws {
    try finished { workspace, id in
      let job = try workspace.job()
      let make = """
        cd "$0" && mkdir -p shut/inner none && touch shut/inner/x shut/y none/z && rm -f .cpwx.lock
        chmod 0555 shut/inner shut . && chmod 0 none && chown -R 12345:12345 "$1" && chmod 755 "$1/.."
        """
      workspace.returnAtEnd()
      #expect(try workspace.startAsRoot(["sh", "-c", make, job, workspace.root]).wait().code == 0)
      let drop = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--inh-caps=-all"]
      let outcome = try workspace.startAsRoot(drop + [CPWX.path, "job", "rm", "--yes", id]).wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(remains(workspace, of: id).isEmpty)
    }
  }

  @Test func `what cannot be removed is named, and removed once it can be`() throws {
    try finished { workspace, id in
      let job = try workspace.job()
      let make = """
        mkdir -p "$0/foreign" && touch "$0/foreign/x"
        chown -R 12345:12345 "$1" && chmod 755 "$1/.." && chown -R 0:0 "$0/foreign"
        """
      workspace.returnAtEnd()
      #expect(try workspace.startAsRoot(["sh", "-c", make, job, workspace.root]).wait().code == 0)
      let drop = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--inh-caps=-all"]
      let outcome = try workspace.startAsRoot(drop + [CPWX.path, "job", "rm", "--yes", id]).wait()
      #expect(outcome.code == 74)
      #expect(outcome.errors.contains("foreign/x"))
      #expect(!workspace.exists(job))
      #expect(remains(workspace, of: id).contains { $0.hasSuffix("foreign/x") })
      #expect(try workspace.startAsRoot([CPWX.path, "job", "rm", "--yes", id]).wait().code == 0)
      #expect(remains(workspace, of: id).isEmpty)
    }
  }
}
