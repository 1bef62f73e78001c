import Foundation
import Jobs
import Testing

/// Nights that come to their end before the work does, and readings that are broken off.
struct DeadlineTests {
  @Test func `at the deadline running stages finish, the rest is left, and the next night goes on from there`() throws {
    let slow = Stage("slow", script: "touch begun; until test -e open; do sleep 0.02; done")
    try TestWorkspace.with([slow, .making("later")]) { workspace in
      for name in ["a", "b", "c"] { try workspace.film("\(name).mp4", holding: name) }
      // However long the disk takes for two jobs, they begin before the deadline; then that is long past.
      let run = try workspace.startWithClock("run", "--until", "50m", "--jobs", "2", "--lane", "cpu=2")
      #expect(eventually { workspace.runs == ["slow", "slow"] }, "\(run.errorsSoFar)")
      workspace.setClock("ahead")
      var status = ""
      let isTold = try eventually {
        status = try workspace.cpwx("status").output
        return status.contains("stops after the stages that run")
      }
      #expect(isTold, "\(status)")
      #expect(!workspace.stageProcesses().isEmpty)
      let since = /since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, (just now|\d+ min ago)/
      #expect(status.firstMatch(of: since) != nil, "\(status)")
      #expect(!status.contains("left\n"), "no time that is reckoned for films that are not begun: \(status)")
      try workspace.write("open", "")
      let outcome = try run.wait()
      #expect(outcome.code == 0, "ending in time is what was asked for: \(outcome.errors)")
      #expect(outcome.output.contains("left for the next run"))
      #expect(outcome.errors.contains(": nothing more is begun"))
      #expect(workspace.runs == ["slow", "slow"], "nothing was begun after the deadline")
      #expect(workspace.jobs.count == 2)
      for job in workspace.jobs {
        let manifest = try workspace.manifest(of: job)
        #expect(manifest["stages"]?["slow"]?["status"]?.string == "success")
        #expect(manifest["pipeline"]?["status"]?.string == "interrupted")
      }
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.jobs.count == 3)
      #expect(workspace.runs.filter { $0 == "slow" }.count == 3, "what was done is not done again")
      #expect(workspace.runs.filter { $0 == "later" }.count == 3)
    }
  }

  /// A film that would take minutes to read, all of it nothing.
  private func endlessFilm(_ workspace: TestWorkspace, _ name: String) throws {
    let film = try workspace.film(name)
    #expect(truncate(film, 1 << 40) == 0)
    try workspace.age(film, by: 3600)
  }

  /// Waits until the program reads a film.
  private func reads(_ run: Program, _ name: String) -> Bool {
    eventually {
      let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(run.pid)/fd")) ?? []
      return open.contains {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(run.pid)/fd/\($0)"))?.hasSuffix(name)
          == true
      }
    }
  }

  @Test func `a film that is read to be compared with another is left at the first signal`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for name in ["a.mp4", "b.mp4"] { try endlessFilm(workspace, name) }
      let run = try workspace.startCPWX("run")
      #expect(reads(run, "a.mp4"))
      run.send(SIGINT)
      #expect(try run.wait().code == 130)
      #expect(workspace.jobs.isEmpty)
    }
  }

  @Test func `a film that is read because its turn has come is left at the first signal`() throws {
    try TestWorkspace.with([Stage("one", script: "true")]) { workspace in
      // From a film that came to nothing it is known that there is room for this one.
      try workspace.film("small.mp4")
      #expect(try workspace.cpwx("run").code == 0)
      try endlessFilm(workspace, "large.mp4")
      let run = try workspace.startCPWX("run")
      #expect(reads(run, "large.mp4"))
      run.send(SIGTERM)
      let outcome = try run.wait()
      #expect(outcome.code == 143)
      #expect(outcome.output.contains("not begun: stopped"))
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test func `what a stage reads is left at a signal, and the job goes on later`() throws {
    let large = Stage("large", outputs: ["large.bin"], script: "truncate -s 1T \"$1/large.bin\"; touch begun")
    try TestWorkspace.with([large, Stage("reading", inputs: ["large.bin"], script: "true")]) { workspace in
      try workspace.film()
      let run = try workspace.startCPWX("run")
      #expect(reads(run, "large.bin"))
      run.send(SIGINT)
      #expect(try run.wait().code == 130)
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "interrupted")
      #expect(try workspace.record("large")["status"]?.string == "success")
    }
  }
}
