import Foundation
import Jobs
import SystemPackage
import Testing

/// Which jobs `cpwx archive` takes, and which it keeps back.
struct ChoosingTests {
  /// A workspace with three completed jobs, and their ids, oldest first.
  private func threeJobs(_ body: (TestWorkspace, [String]) throws -> Void) throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for number in 1...3 { try workspace.film("Film \(number) (2001).mp4", holding: "film \(number)") }
      #expect(try workspace.cpwx("run").code == 0)
      try body(workspace, workspace.jobs.map { String($0.split(separator: "/").last ?? "") })
    }
  }

  private func left(_ workspace: TestWorkspace) -> [String] {
    workspace.jobs.map { String($0.split(separator: "/").last ?? "") }
  }

  @Test func `older than an age counts from the end of the job`() throws {
    try threeJobs { workspace, ids in
      try workspace.complete(workspace.jobs[0], daysAgo: 40)
      try workspace.complete(workspace.jobs[2], daysAgo: 31)
      let outcome = try workspace.cpwx("archive", "--older-than", "30d")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("2 jobs archived"), "\(outcome.errors)")
      #expect(left(workspace) == [ids[1]])
      let again = try workspace.cpwx("archive", "--older-than", "30d")
      #expect(again.code == 0)
      #expect(again.errors.contains("Nothing to archive"))
    }
  }

  @Test func `a job that was put back is not taken away again before its time`() throws {
    try threeJobs { workspace, ids in
      try workspace.complete(workspace.jobs[0], daysAgo: 40)
      #expect(try workspace.cpwx("archive", "--older-than", "30d").code == 0)
      #expect(try workspace.cpwx("archive", "restore", ids[0]).code == 0)
      #expect(try workspace.cpwx("archive", "--older-than", "30d").errors.contains("Nothing to archive"))
      #expect(left(workspace) == ids)
      let user = String(workspace.jobs[0].split(separator: "/").dropLast().last ?? "")
      let chosen = [[ids[0]], ["--user", user], ["--status", "completed"], ["--over", "0%"]]
      for choice in chosen {
        let planned = try workspace.start([CPWX.path, "archive", "-n", "--format", "json"] + choice).wait()
        #expect(planned.code == 1, "\(choice): \(planned.errors)")
        let rows = try JSON(parsing: Array(planned.output.utf8)).array ?? []
        let kept = rows.filter { $0["status"]?.string == "kept" }
        #expect(kept.map { $0["job_id"]?.string } == [ids[0]], "\(choice): \(rows)")
        #expect(kept.first?["reason"]?.string?.contains("after its archive was made; name it with --force") == true)
      }
      // A copy, for sharing or for keeping, takes nothing away.
      for copy in ["--redact", "--keep"] {
        let copied = try workspace.cpwx("archive", copy, ids[0])
        #expect(copied.code == 0, "\(copied.errors)")
        #expect(copied.errors.contains("1 job copied: "), "\(copied.errors)")
      }
      #expect(left(workspace) == ids)
    }
  }

  @Test func `a job that was put back goes when it is named, with force, and when it was put back long ago`() throws {
    try threeJobs { workspace, ids in
      #expect(try workspace.cpwx("archive", ids[0], ids[1]).code == 0)
      #expect(try workspace.cpwx("archive", "restore", ids[0], ids[1]).code == 0)
      let named = try workspace.cpwx("archive", ids[0])
      #expect(named.code == 1 && named.errors.contains("1 kept back"), "\(named.errors)")
      #expect(left(workspace) == ids)
      let forced = try workspace.cpwx("archive", "--force", ids[0])
      #expect(forced.code == 0, "\(forced.errors)")
      #expect(left(workspace) == Array(ids.dropFirst()))
      let old = try workspace.cpwx("archive", "--older-than", "0s")
      #expect(old.code == 0, "\(old.errors)")
      #expect(left(workspace).isEmpty)
    }
  }

  @Test func `over a part of the disk takes the oldest until it is below`() throws {
    try threeJobs { workspace, ids in
      #expect(try workspace.cpwx("archive", "--over", "100%").code == 0)
      #expect(left(workspace) == ids)
      let all = try workspace.cpwx("archive", "--over", "0%")
      #expect(all.code == 0, "\(all.errors)")
      #expect(left(workspace).isEmpty)
      // One that was put back stays, and is told of only where it would have had to go.
      #expect(try workspace.cpwx("archive", "restore", ids[0]).code == 0)
      #expect(try workspace.cpwx("archive", "--over", "100%").code == 0)
      let kept = try workspace.cpwx("archive", "--over", "0%")
      #expect(kept.code == 1 && kept.errors.contains("1 kept back"), "\(kept.errors)")
      #expect(left(workspace) == [ids[0]])
      #expect(try workspace.cpwx("archive", "--over", "170%").code == 64)
    }
  }

  @Test(arguments: [false, true])
  func `over a part of the disk takes as many as it needs, and the plan says which`(hasHoles: Bool) throws {
    try TestWorkspace.with([.making("one")], config: ["OUTPUT_ROOT=disk/out", "LOG_ROOT=disk/logs"]) { workspace in
      try workspace.mountLoopDisk(at: workspace.path("disk"), size: "40M")
      for number in 1...3 { try workspace.film("Film \(number) (2001).mp4", holding: "film \(number)") }
      #expect(try workspace.cpwx("run").code == 0)
      func rows() throws -> [JSON] {
        try workspace.json("job", "list", "--sort", "created", "--reverse").array ?? []
      }
      for (number, row) in try rows().enumerated() {
        // Holes take nothing, and free nothing.
        let make = hasHoles && number == 0 ? "truncate -s 300M" : "head -c 6000000 /dev/urandom >"
        let noise = "\(make) \"$1/noise.bin\"; sync -f \"$1\""
        let job = try #require(row["output_dir"]?.string)
        #expect(try workspace.start(["sh", "-c", noise, "sh", job]).wait().code == 0)
        // Two are made at a time, and either may end first.
        try workspace.complete(job, daysAgo: Double(9 - number))
      }
      let ids = try rows().compactMap { $0["job_id"]?.string }
      let told = try workspace.start(["df", "-B1", "--output=used,avail", "disk"]).wait().lines.last ?? ""
      let numbers = told.split(separator: " ").compactMap { Double($0) }
      try #require(numbers.count == 2)
      // Half of a job less than there is.
      let part = (numbers[0] - 3_000_000) / (numbers[0] + numbers[1]) * 100
      for dry in [["-n"], []] {
        let arguments = [CPWX.path, "archive", "--over", "\(part)%", "--parallel", "1", "--format", "json"] + dry
        let outcome = try workspace.start(arguments).wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
        let found = try JSON(parsing: Array(outcome.output.utf8)).array ?? []
        #expect(found.map { $0["job_id"]?.string } == ids)
        let statuses = found.map { $0["status"]?.string ?? "" }
        let taken = dry.isEmpty ? "archived" : "planned"
        #expect(statuses == [taken, hasHoles ? taken : "skipped", "skipped"], "\(dry): \(outcome.output)")
        let word = dry.isEmpty ? "is" : "would be"
        #expect(found.last?["reason"]?.string?.contains("not needed: the disk \(word) ") == true, "\(outcome.output)")
      }
      let states = try rows().map { $0["archive_state"]?.string }
      #expect(states == ["archived", hasHoles ? "archived" : "none", "none"])
    }
  }

  @Test func `an old failed job is left alone unless failed ones are asked for, by force`() throws {
    try TestWorkspace.with([.making("one"), .gate()]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      let job = try workspace.job()
      try workspace.complete(job, daysAgo: 400)
      let outcome = try workspace.cpwx("archive", "--older-than", "30d")
      #expect(outcome.code == 0 && outcome.errors.contains("Nothing to archive"), "\(outcome.errors)")
      #expect(workspace.exists(job + "/manifest.json") && workspace.archives.isEmpty)
      let asked = try workspace.cpwx("archive", "--older-than", "30d", "--status", "failed")
      #expect(asked.code == 1 && asked.errors.contains("1 kept back"), "\(asked.errors)")
      #expect(asked.errors.contains("it failed, and can be resumed"), "\(asked.errors)")
      #expect(workspace.exists(job + "/manifest.json") && workspace.archives.isEmpty)
      let forced = try workspace.cpwx("archive", "--older-than", "30d", "--status", "failed", "--force")
      #expect(forced.code == 0, "\(forced.errors)")
      #expect(workspace.jobs.isEmpty && workspace.archives.count == 1)
    }
  }

  @Test func `a status or a user alone is a choice, and no choice at all is none`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for number in 1...2 { try workspace.film("Film \(number) (2001).mp4", holding: "film \(number)") }
      #expect(try workspace.cpwx("run", "--user", "1", "in/Film 1 (2001).mp4").code == 0)
      #expect(try workspace.cpwx("run", "--user", "2", "in/Film 2 (2001).mp4").code == 0)
      let both = workspace.jobs
      try #require(both.count == 2)
      let none = try workspace.cpwx("archive")
      #expect(none.code == 64 && none.errors.contains("Name jobs, or choose some"), "\(none)")
      let failed = try workspace.cpwx("archive", "--status", "failed")
      #expect(failed.code == 0 && failed.errors.contains("Nothing to archive"), "\(failed)")
      for status in ["running", "completed,odd"] {
        let refused = try workspace.cpwx("archive", "--status", status)
        #expect(refused.code == 64 && refused.errors.contains("is no status"), "\(refused)")
        #expect(refused.errors.contains("Expected: pending completed failed interrupted damaged"), "\(refused.errors)")
      }
      #expect(workspace.jobs == both)
      let second = try workspace.cpwx("archive", "--user", "2")
      #expect(second.code == 0 && second.errors.contains("1 job archived"), "\(second)")
      #expect(workspace.jobs == both.filter { $0.contains("/1/") })
      let completed = try workspace.cpwx("archive", "--status", "completed")
      #expect(completed.code == 0 && completed.errors.contains("1 job archived"), "\(completed)")
      #expect(workspace.jobs.isEmpty && workspace.archives.count == 2)
    }
  }

  @Test func `a job in another's hands is kept back, with the reason`() throws {
    try threeJobs { workspace, ids in
      let holder = try workspace.start(["flock", "--no-fork", workspace.jobs[0] + "/.cpwx.lock", "sleep", "3600"])
      #expect(eventually { FileLock.isHeld(FilePath(workspace.jobs[0] + "/.cpwx.lock")) })
      let outcome = try workspace.cpwx("archive", "--older-than", "0s", "--format", "json")
      #expect(outcome.code == 1, "\(outcome.errors)")
      let rows = try JSON(parsing: Array(outcome.output.utf8)).array ?? []
      let kept = rows.first { $0["job_id"]?.string == ids[0] }
      #expect(kept?["status"]?.string == "kept")
      #expect(kept?["reason"]?.string?.contains("in the hands of") == true, "\(rows)")
      #expect(left(workspace) == [ids[0]])
      #expect(outcome.errors.contains("1 kept back"))
      // Force is for what can be resumed, not for this.
      let forced = try workspace.cpwx("archive", "--force", ids[0])
      #expect(forced.code == 1 && forced.errors.contains("in the hands of"), "\(forced.errors)")
      #expect(left(workspace) == [ids[0]] && workspace.archives.count == 2)
      holder.send(SIGTERM)
    }
  }

  @Test func `a job that can be resumed goes only when it is named, with force`() throws {
    try TestWorkspace.with([.making("one"), .gate()]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      let id = try String(#require(workspace.job().split(separator: "/").last))
      let failed = try workspace.cpwx("archive", id)
      #expect(failed.code == 1 && failed.errors.contains("it failed, and can be resumed"), "\(failed.errors)")
      var manifest = try workspace.manifest()
      manifest["pipeline"]?["status"] = .string("running")
      try workspace.write(try workspace.job() + "/manifest.json", Data(manifest.bytes()))
      // A record that was edited by hand is noticed when it is looked at.
      #expect(try workspace.cpwx("job", "list").output.contains("interrupted"))
      #expect(try workspace.cpwx("archive", "--older-than", "0s", "--status", "interrupted").code == 1)
      let named = try workspace.cpwx("archive", id)
      #expect(named.code == 1)
      #expect(named.errors.contains("can be resumed"), "\(named.errors)")
      #expect(workspace.jobs.count == 1)
      #expect(try workspace.cpwx("archive", "--force", "--older-than", "1d").code == 64)
      let forced = try workspace.cpwx("archive", "--force", id)
      #expect(forced.code == 0, "\(forced.errors)")
      #expect(workspace.jobs.isEmpty)
    }
  }

  @Test func `a job that changes while it is archived stays`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let log = try workspace.job() + "/growing.log"
      let writer = try workspace.start(["sh", "-c", "while :; do echo more >> \"$1\"; done", "sh", log])
      #expect(eventually { workspace.exists(log) })
      let outcome = try workspace.cpwx("archive", id)
      writer.send(SIGKILL)
      try writer.wait()
      #expect(outcome.code == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains("growing.log"), "\(outcome.errors)")
      #expect(workspace.exists(try workspace.job() + "/manifest.json"))
      #expect(workspace.leftovers.isEmpty)
      let later = try workspace.cpwx("archive", "--force", id)
      #expect(later.code == 0, "\(later.errors)")
    }
  }

  @Test func `one that has changed since its archive was made replaces it only by force`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      #expect(try workspace.cpwx("archive", "--keep", id).code == 0)
      let first = try workspace.bytes(try workspace.archive())
      #expect(workspace.jobs.count == 1)
      try workspace.write(try workspace.job() + "/one.out", "edited\n")
      let planned = try workspace.cpwx("archive", "-n", id, "--format", "json")
      #expect(planned.code == 1)
      #expect(planned.output.contains("it has changed since it was archived in "), "\(planned)")
      let outcome = try workspace.cpwx("archive", id)
      #expect(outcome.code == 1)
      #expect(outcome.errors.contains("has changed since it was archived"), "\(outcome.errors)")
      #expect(try workspace.bytes(try workspace.archive()) == first)
      #expect(workspace.jobs.count == 1)
      #expect(try workspace.cpwx("archive", "--force", id).code == 0)
      #expect(workspace.jobs.isEmpty)
      #expect(try workspace.cpwx("archive", "extract", id, "one.out", "-O").output == "edited\n")
    }
  }
}
