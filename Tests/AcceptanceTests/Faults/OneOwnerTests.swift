import Foundation
import Jobs
import Testing

/// A film has one job, and a job one run at a time.
struct OneOwnerTests {
  @Test func `a job that another run has in hand is left to it, and its process is named`() throws {
    let stage = Stage("slow", script: "touch begun; until test -e open; do sleep 0.02; done")
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      let first = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      let second = try workspace.cpwx("run")
      #expect(second.code == 75)
      #expect((second.errors + second.output).contains(String(first.pid)))
      #expect(try workspace.cpwx("run", "-n").output.contains("held"))
      try workspace.write("open", "")
      #expect(try first.wait().code == 0)
      #expect(workspace.runs == ["slow"])
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test func `runs that begin at the same time make one job of a new film`() throws {
    try TestWorkspace.with([Stage("slow", script: "sleep 0.5")]) { workspace in
      try workspace.film()
      let runs = try (0..<3).map { _ in try workspace.startCPWX("run") }
      let codes = try runs.map { try $0.wait().code }
      #expect(workspace.jobs.count == 1)
      #expect(workspace.runs == ["slow"])
      #expect(codes.contains(0))
      #expect(codes.allSatisfy { $0 == 0 || $0 == 75 }, "\(codes)")
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "completed")
    }
  }

  @Test(arguments: [["in/Film (2001).mp4"], ["--resume", "latest"]])
  func `asked to wait, a run of a film or job that another has in hand goes on once that has ended`(
    named: [String]
  ) throws {
    let stage = Stage("slow", script: "touch begun; until test -e open; do sleep 0.02; done")
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      let first = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      let held = try workspace.start([CPWX.path, "run"] + named).wait()
      #expect(held.code == 75, "\(held.errors)")
      let second = try workspace.start([CPWX.path, "run", "--wait"] + named)
      #expect(eventually { second.errorsSoFar.contains("waiting for it to end") })
      try workspace.write("open", "")
      #expect(try first.wait().code == 0)
      let outcome = try second.wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("completed"))
      #expect(workspace.runs == ["slow"])
    }
  }

  @Test func `a run that waits for a job can be told to end`() throws {
    let stage = Stage("slow", script: "touch begun; until test -e open; do sleep 0.02; done")
    try TestWorkspace.with([stage]) { workspace in
      try workspace.film()
      let first = try workspace.startCPWX("run")
      #expect(eventually { workspace.exists("begun") })
      let second = try workspace.startCPWX("run", "--wait", "--resume", "latest")
      #expect(eventually { second.errorsSoFar.contains("waiting for it to end") })
      second.send(SIGTERM)
      #expect(try second.wait().code == 143)
      try workspace.write("open", "")
      #expect(try first.wait().code == 0)
    }
  }

  @Test func `runs of different films at the same time do not hinder each other`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let films = try ["a", "b", "c"].map { try workspace.film($0 + ".mp4", holding: $0) }
      let runs = try films.map { try workspace.startCPWX("run", $0) }
      for run in runs {
        let outcome = try run.wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
      }
      #expect(workspace.jobs.count == 3)
    }
  }
}
