import Foundation
import Jobs
import Testing

/// Ctrl-C while `cpwx archive` is at work: the first lets the jobs at hand come to their end, the second does not.
struct InterruptedArchivingTests {
  /// Two jobs, the first of which takes a while.
  private func atWork(_ body: (TestWorkspace, _ ids: [String], Program) throws -> Void) throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for number in 1...2 { try workspace.film("Film \(number) (2001).mp4", holding: "film \(number)") }
      #expect(try workspace.cpwx("run").code == 0)
      for (job, size, days) in zip(workspace.jobs, [("400M", 2.0), ("1M", 1.0)]).map({ ($0, $1.0, $1.1) }) {
        // Two are made at a time, and either may end first.
        try workspace.complete(job, daysAgo: days)
        let noise = "head -c \(size) /dev/urandom > \"$1/noise.bin\""
        #expect(try workspace.start(["sh", "-c", noise, "sh", job]).wait().code == 0)
      }
      let ids = workspace.jobs.map { String($0.split(separator: "/").last ?? "") }
      // Whoever is to stop it comes first, however busy the machine is.
      let niced = ["nice", "-n", "19", CPWX.path]
      let arguments = niced + ["archive", "--older-than", "0s", "--parallel", "1", "--format", "json"]
      let program = try workspace.start(arguments)
      #expect(eventually { workspace.leftovers.contains { $0.contains(".tmp-") } })
      program.send(SIGINT)
      #expect(eventually { program.errorsSoFar.contains("Stopping after the jobs at hand") })
      try body(workspace, ids, program)
      #expect(workspace.leftovers.isEmpty, "\(workspace.leftovers)")
      #expect(try workspace.cpwx("archive", "verify", "--all").code == 0)
      // Nothing has to be put right before it can go on.
      #expect(try workspace.cpwx("archive", "--older-than", "0s").code == 0)
      #expect(workspace.jobs.isEmpty && workspace.archives.count == 2)
    }
  }

  private func rows(_ outcome: Outcome) throws -> [String] {
    try JSON(parsing: Array(outcome.output.utf8)).array?.map {
      "\($0["status"]?.string ?? ""): \($0["reason"]?.string ?? "")"
    } ?? []
  }

  @Test func `once, the job at hand is archived, and the next not begun`() throws {
    try atWork { workspace, ids, program in
      let outcome = try program.wait()
      #expect(outcome.code == 130, "\(outcome.errors)")
      #expect(try rows(outcome) == ["archived: ", "skipped: not begun: stopped"])
      #expect(workspace.archives.count == 1 && workspace.archives[0].contains(ids[0]))
      #expect(try workspace.job().hasSuffix(ids[1]))
    }
  }

  @Test func `twice, the job at hand stays as it was`() throws {
    try atWork { workspace, ids, program in
      let job = workspace.jobs[0]
      let records = ["manifest.json", "job.env", "job_info.json", "one.out"]
      let before = try records.map { try workspace.bytes(job + "/" + $0) }
      program.send(SIGINT)
      let outcome = try program.wait()
      #expect(outcome.code == 130, "\(outcome.errors)")
      #expect(outcome.errors.contains("Stopping now"), "\(outcome.errors)")
      #expect(try rows(outcome) == ["skipped: stopped", "skipped: not begun: stopped"])
      #expect(workspace.archives.isEmpty && workspace.jobs.count == 2)
      #expect(try records.map { try workspace.bytes(job + "/" + $0) } == before)
      #expect(try workspace.start(["stat", "-c", "%s", job + "/noise.bin"]).wait().output == "\(400 << 20)\n")
    }
  }
}
