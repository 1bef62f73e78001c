import Foundation
import Jobs
import Testing

/// `cpwx archive prune`: what no rule keeps, and never an only copy that was not named.
struct PruningTests {
  @Test func `only shows what would go, unless told to do it, and keeps only copies`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for number in 1...3 { try workspace.film("Film \(number) (2001).mp4", holding: "film \(number)") }
      // One after another, so that the last one ends last.
      #expect(try workspace.cpwx("run", "--jobs", "1").code == 0)
      let ids = workspace.jobs.map { String($0.split(separator: "/").last ?? "") }
      #expect(try workspace.cpwx("archive", "--keep", ids[0], ids[2]).code == 0)
      #expect(try workspace.cpwx("archive", ids[1]).code == 0)
      let rows = try workspace.json("archive", "prune", "--keep-last", "1").array ?? []
      let decisions = Dictionary(
        rows.map { ($0["job_id"]?.string ?? "", $0["status"]?.string ?? "") }, uniquingKeysWith: { $1 })
      #expect(decisions == [ids[0]: "planned", ids[1]: "kept", ids[2]: "kept"])
      let heading = try workspace.cpwx("archive", "prune", "--keep-last", "1").lines.first ?? ""
      #expect(heading.contains("STATUS"), "\(heading)")
      #expect(workspace.archives.count == 3)
      #expect(try workspace.cpwx("archive", "prune", "--keep-last", "1", "--yes", "-n").code == 0)
      #expect(workspace.archives.count == 3)
      let done = try workspace.cpwx("archive", "prune", "--keep-last", "1", "--yes")
      #expect(done.code == 0)
      #expect(done.output.contains("the only copy of the job"), "\(done.output)")
      #expect(done.errors.contains("1 removed"))
      #expect(workspace.archives.count == 2)
      #expect(try workspace.cpwx("archive", "prune", "--older-than", "2w", "--yes").code == 0)
      #expect(workspace.archives.count == 2)
      #expect(try workspace.cpwx("archive", "prune", "--yes", ids[1]).code == 0)
      #expect(workspace.archives.count == 1)
      #expect(try workspace.json("job", "list").array?.count == 2)
      #expect(try workspace.cpwx("archive", "prune").code == 64)
    }
  }

  @Test func `keeps the newest of each day, week, month and year that is asked for`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      // Two on one day; a week that began in December; two in one month.
      let ends = [
        "2023-05-01T12:00:00", "2024-12-30T12:00:00", "2025-01-02T08:00:00", "2025-01-02T20:00:00",
        "2025-01-31T12:00:00",
      ]
      for number in ends.indices { try workspace.film("Film \(number) (2001).mp4", holding: "film \(number)") }
      #expect(try workspace.cpwx("run").code == 0)
      for (job, end) in zip(workspace.jobs, ends) {
        var manifest = try workspace.manifest(of: job)
        manifest["timing"]?["completed_at"] = .string(end + ".000000")
        try workspace.write(job + "/manifest.json", Data(manifest.bytes()))
      }
      let ids = workspace.jobs.map { String($0.split(separator: "/").last ?? "") }
      #expect(try workspace.start([CPWX.path, "archive", "--keep"] + ids).wait().code == 0)
      func kept(_ rules: String...) throws -> [Int] {
        let outcome = try workspace.start([CPWX.path, "archive", "prune", "--format", "json"] + rules).wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
        let rows = try JSON(parsing: Array(outcome.output.utf8)).array ?? []
        #expect(rows.count == ids.count)
        return rows.filter { $0["status"]?.string == "kept" }.compactMap { row in
          ids.firstIndex { $0 == row["job_id"]?.string }
        }.sorted()
      }
      #expect(try kept("--keep-daily", "2") == [3, 4])
      #expect(try kept("--keep-daily", "3") == [1, 3, 4])
      #expect(try kept("--keep-weekly", "2") == [3, 4])
      #expect(try kept("--keep-weekly", "3") == [0, 3, 4])
      #expect(try kept("--keep-monthly", "2") == [1, 4])
      #expect(try kept("--keep-yearly", "9") == [0, 1, 4])
      #expect(try kept("--keep-daily", "1", "--keep-yearly", "2") == [1, 4])
      #expect(try workspace.cpwx("archive", "prune", "--yes", "--keep-yearly", "9").code == 0)
      #expect(workspace.archives.count == 3)
      #expect(try workspace.cpwx("archive", "prune", "--keep-daily", "-1").code == 64)
    }
  }

  @Test func `beside archiving and restoring it never takes the last that there is of a job`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let job = try workspace.job()
      let many = "for n in $(seq 1500); do echo $n > \"$1/file-$n\"; done"
      #expect(try workspace.start(["sh", "-c", many, "sh", job]).wait().code == 0)
      let whole = try workspace.snapshot(job)
      #expect(try workspace.cpwx("archive", "--keep", id).code == 0)
      let loop = "while :; do \"$1\" archive prune --keep-last 0 --yes; done"
      let pruning = try workspace.start(["sh", "-c", loop, "sh", CPWX.path])
      for round in 1...4 {
        let archived = try workspace.cpwx("archive", "--force", id)
        let isThere = workspace.exists(job)
        #expect(archived.code == (isThere ? 1 : 0), "\(round): \(archived.errors)")
        if !isThere {
          #expect(workspace.archives.count == 1, "\(round): \(archived.errors)")
          let restored = try workspace.cpwx("archive", "restore", id)
          #expect(restored.code == 0, "\(round): \(restored.errors)")
        }
        #expect(try workspace.snapshot(job) == whole, "\(round)")
      }
      pruning.send(SIGTERM)
      try pruning.wait()
    }
  }
}
