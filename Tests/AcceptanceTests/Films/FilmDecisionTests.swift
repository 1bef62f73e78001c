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

  @Test func `of a path that a terminal has no room for the beginning is left out`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("folder of many films/another folder/The Name of the Film That Tells (2001).mp4")
      let command = "stty cols 110; exec '\(CPWX.path)' run -n"
      let shown = try workspace.start(["script", "-qec", command, "/dev/null"], environment: ["TERM": "xterm"]).wait()
      let row = try #require(shown.lines.last { $0.contains("new") }, "\(shown.output)")
      #expect(row.contains("…") && row.contains("(2001).mp4"), "\(row)")
      #expect(!row.contains("in/folder"), "\(row)")
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
      #expect(run.output.contains("the same film as in/a.mp4"), "it says so")
      #expect(workspace.runs == ["one"])
      try workspace.film("0.mp4")
      let again = try workspace.cpwx("run")
      #expect(again.code == 0)
      #expect(again.output.contains("the same film as in/a.mp4") && !again.output.contains("film as in/0.mp4"))
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

  @Test func `a film of a night's many is known without its own line, and one that is not as the others has one`()
    throws
  {
    try TestWorkspace.with([.making("one")]) { workspace in
      for number in 1...23 { try workspace.film("\(number).mp4", holding: "\(number)") }
      #expect(try workspace.cpwx("run").lines.count == 24)
      try workspace.move("in/7.mp4", to: "in/moved.mp4")
      try workspace.film("copy.mp4", holding: "8")
      let run = try workspace.cpwx("run")
      #expect(run.code == 0)
      #expect(run.lines.count == 4, "\(run.output)")
      #expect(run.output.contains("in/7.mp4") && run.output.contains("the same film as in/8.mp4"))
      #expect(run.output.contains("22 films were done already"))
      #expect(workspace.runs.count == 23)
      #expect(try JSON(parsing: try workspace.cpwx("run", "--format", "json").output.utf8).array?.count == 24)
    }
  }

  @Test func `a job that was put into the tree by other hands is known with its film's content`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for name in ["a", "b"] { try workspace.film("\(name).mp4", holding: name) }
      #expect(try workspace.cpwx("run").code == 0)
      // What another program writes counts at the next look, though the index was told otherwise.
      let job = workspace.jobs[0]
      let changed = try workspace.read(job + "/manifest.json").replacing("\"success\"", with: "\"failed\"")
        .replacing("\"completed\"", with: "\"failed\"")
      try workspace.write(job + "/manifest.json", changed)
      let rows = try decisions(workspace)
      #expect(rows.map { $0["decision"]?.string } == ["retry", "skip"])
      try workspace.remove(job)
      #expect(try decisions(workspace).map { $0["decision"]?.string } == ["new", "skip"])
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
