import Foundation
import Jobs
import Testing

/// Archived jobs and the runs after them: nothing is done twice, and what goes on is put back first.
struct ArchivedRunTests {
  @Test func `a film whose job is archived is not run again`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      #expect(try workspace.cpwx("archive", id).code == 0)
      for arguments in [["run"], ["run", "in/Film (2001).mp4"]] {
        let outcome = try workspace.start([CPWX.path] + arguments).wait()
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("completed, and archived"), "\(outcome.output)")
      }
      try workspace.move("in/Film (2001).mp4", to: "in/Renamed (2001).mp4")
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.runs == ["one", "two"])
      #expect(workspace.jobs.isEmpty)
      try workspace.film("Other (2002).mp4", holding: "other")
      #expect(try workspace.cpwx("run").code == 0)
      #expect(try workspace.job().hasSuffix(id.dropLast(1) + "2"))
    }
  }

  @Test func `a film whose archive is out of reach is not run again, and what is out of reach is not well`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      #expect(try workspace.cpwx("archive", id).code == 0)
      try workspace.move("archive", to: "unmounted")
      let outcome = try workspace.cpwx("run")
      #expect(outcome.output.contains("completed, and archived"), "\(outcome)")
      #expect(outcome.errors.contains("is gone, with 1 archive"), "\(outcome.errors)")
      #expect(try workspace.cpwx("archive", "verify", "--all").code == 74)
      #expect(try workspace.cpwx("archive", "list").output.contains(id))
      // The place that a disk was mounted at.
      try FileManager.default.createDirectory(atPath: workspace.path("archive"), withIntermediateDirectories: true)
      let empty = try workspace.cpwx("run")
      #expect(empty.output.contains("completed, and archived"), "\(empty)")
      #expect(empty.errors.contains("is empty, and is to have 1 archive"), "\(empty.errors)")
      #expect(workspace.runs == ["one", "two"])
      try workspace.film("Other (2002).mp4", holding: "other")
      #expect(try workspace.cpwx("run").code == 0)
      for place in ["archive", "none"] {
        if place == "none" { try workspace.remove("archive") }
        let refused = try workspace.cpwx("archive", "latest")
        #expect(refused.code == 74 && refused.errors.contains("Mount its disk"), "\(refused)")
        #expect(workspace.jobs.count == 1 && workspace.archives.isEmpty, "\(place)")
      }
      try workspace.move("unmounted", to: "archive")
      #expect(try workspace.cpwx("archive", "verify", "--all").code == 0)
    }
  }

  @Test func `resume of an archived job puts it back first`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let job = try workspace.job()
      #expect(try workspace.cpwx("archive", id).code == 0)
      let dry = try workspace.cpwx("run", "-n", "--resume", id)
      #expect(dry.code == 0, "\(dry.errors)")
      #expect(workspace.jobs.isEmpty)
      let outcome = try workspace.cpwx("run", "--resume", id)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(workspace.exists(job + "/two.out"))
      #expect(workspace.runs == ["one", "two"])
    }
  }

  @Test func `an archived job that failed is put back and tried again by the next run`() throws {
    try TestWorkspace.with([.making("one"), .gate()]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      let job = try workspace.job()
      let archived = try workspace.cpwx("archive", "--older-than", "0s", "--status", "failed", "--force")
      #expect(archived.code == 0, "\(archived.errors)")
      #expect(workspace.jobs.isEmpty)
      try workspace.write("open", "")
      let outcome = try workspace.cpwx("run")
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(workspace.runs == ["one", "gate", "gate"])
      #expect(try workspace.job() == job)
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "completed")
    }
  }

  @Test func `a job that has not run, or names no film, is not run once more, and is named`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let id = try #require(try workspace.cpwx("job", "create").lines.first)
      let rerun = try workspace.cpwx("job", "rerun", id)
      #expect(rerun.code == 64 && rerun.errors.hasPrefix("cpwx: \(id): has not run"), "\(rerun)")
      try workspace.write(try workspace.job() + "/manifest.json", "{\"job_id\": \"\(id)\", \"stages\": {}}")
      let nameless = try workspace.cpwx("job", "rerun", id)
      #expect(nameless.code == 65 && nameless.errors.hasPrefix("cpwx: \(id): names no film"), "\(nameless)")
      #expect(workspace.jobs.count == 1)
    }
  }

  @Test func `a rerun is a new job with the old settings, pipeline and film wherever it is, and diff tells them apart`()
    throws
  {
    try TestWorkspace.withFinishedJob(config: ["KNOB=first", "HF_TOKEN=hf_geheim123"]) { workspace, id in
      let env = try workspace.read(try workspace.job() + "/job.env")
      #expect(try workspace.cpwx("archive", id).code == 0)
      try workspace.write("config/.env", "KNOB=second\n")
      try workspace.write("in/deep/notes.txt", "")
      try workspace.move("in/Film (2001).mp4", to: "in/deep/elsewhere.mp4")
      try workspace.declare([Stage("one", script: "exit 9")])
      let outcome = try workspace.cpwx("job", "rerun", id)
      #expect(outcome.code == 0, "\(outcome.errors)")
      let job = try workspace.job()
      let new = String(try #require(job.split(separator: "/").last))
      #expect(new != id)
      #expect(try workspace.read(job + "/one.out") == "one first\n")
      #expect(try workspace.read(job + "/job.env") == env.replacing(id, with: new))
      #expect(try workspace.manifest()["input"]?["file"]?.string == "in/deep/elsewhere.mp4")
      let same = try workspace.cpwx("manifest", "diff", id, new)
      #expect(same.code == 0, "\(same.output)")
      let archive = try workspace.archive()
      #expect(try workspace.cpwx("manifest", "diff", archive, new).code == 0)
      try workspace.write(job + "/one.out", "one FIRST\n")
      let other = try workspace.cpwx("manifest", "diff", archive, new, "--format", "json")
      #expect(other.code == 1 && other.output.contains("outputs.") && other.output.contains("sha256"), "\(other)")
      try workspace.remove(job + "/one.out")
      let gone = try workspace.cpwx("manifest", "diff", id, new, "--format", "json")
      #expect(gone.code == 1 && gone.output.contains(".exists"), "\(gone)")
      try workspace.write(job + "/one.out", "one first\n")
      let made = try workspace.cpwx("job", "rerun", new, "--no-run")
      #expect(made.code == 0)
      let third = made.output.split(separator: "\n").first.map(String.init) ?? ""
      #expect(workspace.jobs.count == 2 && third.hasPrefix(id.prefix(8)))
      try workspace.declare([.making("one"), Stage("two", script: "exit 3")])
      #expect(try workspace.cpwx("run", "--resume", third).code == 1)
      let diff = try workspace.cpwx("manifest", "diff", id, third, "--format", "json")
      #expect(diff.code == 1)
      let rows = try JSON(parsing: Array(diff.output.utf8)).array ?? []
      let two = rows.first { $0["stage_name"]?.string == "two" && $0["key"]?.string == "status" }
      #expect(two?["old"]?.string == "success" && two?["new"]?.string == "failed", "\(diff.output)")
      #expect(!rows.contains { $0["stage_name"]?.string == "one" }, "\(diff.output)")
      #expect(!diff.output.contains("geheim"))
      try workspace.write("in/.done/notes.txt", "")
      try workspace.move("in/deep/elsewhere.mp4", to: "in/.done/film.dat")
      let hidden = try workspace.cpwx("job", "rerun", new, "--no-run")
      #expect(hidden.code == 0, "\(hidden.errors)")
      let before = workspace.jobs
      try workspace.write(job + "/job.env", env.replacing(id, with: new) + "MAX_RETRIES=often\n")
      let refused = try workspace.cpwx("job", "rerun", new, "--no-run")
      #expect(refused.code == 78 && refused.errors.contains("MAX_RETRIES is \"often\""), "\(refused.errors)")
      #expect(workspace.jobs == before)
    }
  }

  @Test func `a rerun is coloured as was asked for`() throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      for (choice, isColoured) in [("always", true), ("never", false)] {
        let outcome = try workspace.cpwx("job", "rerun", id, "--color", choice)
        #expect(outcome.code == 0 && outcome.output.contains("\u{1B}[") == isColoured, "\(choice): \(outcome)")
      }
    }
  }

  @Test func `how a rerun can be run that is only made is a command as a shell takes it`() throws {
    try TestWorkspace.with([.making("one")], named: "it's a workspace") { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let made = try workspace.cpwx("job", "rerun", "latest", "--no-run", "-C", workspace.root, in: "/")
      let said = "Run it with: cpwx "
      let hint = try #require(made.errors.split(separator: "\n").last { $0.hasPrefix(said) }, "\(made)")
      let command = "'\(CPWX.path)' \(hint.dropFirst(said.count))"
      let outcome = try workspace.start(["sh", "-c", command], in: "/").wait()
      #expect(outcome.code == 0 && outcome.output.contains("completed"), "\(command): \(outcome)")
      #expect(workspace.runs == ["one", "one"])
    }
  }
}
