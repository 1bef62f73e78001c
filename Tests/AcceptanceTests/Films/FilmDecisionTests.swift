import Foundation
import Jobs
import Testing

/// What a run would do with a film, and how it knows a film again.
struct FilmDecisionTests {
  private func decisions(_ workspace: TestWorkspace, _ arguments: String...) throws -> [JSON] {
    let all = [CPWX.path, "run", "--dry-run", "--format", "json"] + arguments
    let outcome = try workspace.start(all).wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    return try #require(try JSON(parsing: outcome.output.utf8).array)
  }

  @Test func `a dry run has the documented keys and makes nothing`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let film = try workspace.film("शोले (1975).mp4")
      let before = workspace.tree()
      let rows = try decisions(workspace)
      #expect(workspace.tree() == before)
      let row = try #require(rows.first)
      #expect(rows.count == 1)
      #expect(row["input"]?.string == film)
      #expect(row["title"]?.string == "शोले")
      #expect(row["year"]?.int == 1975)
      #expect(row["decision"]?.string == "new")
      #expect(row["reason"]?.string?.isEmpty == false)
      #expect(row["job_id"]?.isNull == true)
    }
  }

  @Test func `the short form makes nothing either`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      let before = workspace.tree()
      let run = try workspace.cpwx("run", "-n")
      #expect(run.code == 0)
      #expect(run.lines.count == 2)
      #expect(workspace.tree() == before)
    }
  }

  @Test func `a film is new, then to be retried, then done`() throws {
    try TestWorkspace.with([.making("one"), .gate()]) { workspace in
      try workspace.film()
      #expect(try decisions(workspace).map { $0["decision"]?.string } == ["new"])
      #expect(try workspace.cpwx("run").code == 1)
      let open = try decisions(workspace)
      #expect(open.map { $0["decision"]?.string } == ["retry"])
      #expect(open[0]["job_id"]?.string == (try workspace.job() as NSString).lastPathComponent)
      #expect(open[0]["reason"]?.string?.contains("gate") == true)
      try workspace.write("open", "")
      #expect(try workspace.cpwx("run").code == 0)
      #expect(try decisions(workspace).map { $0["decision"]?.string } == ["skip"])
      #expect(workspace.runs == ["one", "gate", "gate"])
    }
  }

  @Test func `the same film twice in a folder becomes one job, and that is no failure`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("a.mp4")
      try workspace.film("b.mp4")
      let run = try workspace.cpwx("run")
      #expect(run.code == 0, "\(run.output)")
      #expect(workspace.runs == ["one"])
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test func `a renamed or moved film is known again`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("a.mp4")
      try workspace.cpwx("run")
      try FileManager.default.createDirectory(
        atPath: workspace.path("in/new"), withIntermediateDirectories: true)
      try workspace.move("in/a.mp4", to: "in/new/Another Name (1999).mkv")
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.jobs.count == 1)
      #expect(workspace.runs == ["one"])
    }
  }

  @Test func `another film under the old name is a new job`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film(holding: "the first")
      try workspace.cpwx("run")
      try workspace.film(holding: "the second")
      #expect(try decisions(workspace)[0]["decision"]?.string == "new")
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.jobs.count == 2)
    }
  }

  @Test func `every user gets a job of their own`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let film = try workspace.film()
      #expect(try workspace.cpwx("run", film).code == 0)
      #expect(try workspace.cpwx("run", film, "--user", "2").code == 0)
      #expect(try workspace.cpwx("run", film, "--user", "2").code == 0)
      #expect(workspace.jobs.count == 2)
      #expect(workspace.runs == ["one", "one"])
    }
  }

  @Test func `asked to, a run makes a new job of a film that has one`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      #expect(try workspace.cpwx("run", "--force").code == 0)
      #expect(workspace.jobs.count == 2)
    }
  }
}
