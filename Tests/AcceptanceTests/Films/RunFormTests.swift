import Foundation
import Jobs
import Testing

/// The ways to say which film, which configuration and whose job.
struct RunFormTests {
  @Test func `a film alone runs with the workspace's configuration for user 1`() throws {
    try TestWorkspace.with([.making("one")], config: ["KNOB=base"]) { workspace in
      let film = try workspace.film()
      let run = try workspace.cpwx("run", film)
      #expect(run.code == 0, "\(run.errors)")
      let job = try workspace.job()
      #expect(job.contains("/1/"))
      #expect(try workspace.read(job + "/one.out") == "one base\n")
    }
  }

  @Test func `a film and a configuration run with that configuration`() throws {
    try TestWorkspace.with([.making("one")], config: ["KNOB=base"]) { workspace in
      try workspace.write("config/.env.hindi", "KNOB=other\n")
      let film = try workspace.film()
      #expect(try workspace.cpwx("run", film, "config/.env.hindi").code == 0)
      #expect(try workspace.read(try workspace.job() + "/one.out") == "one other\n")
    }
  }

  @Test func `a film, a configuration and a number run for that user`() throws {
    try TestWorkspace.with([.making("one")], config: ["USER_ID=5", "# kept", "KNOB=base"]) { workspace in
      let film = try workspace.film()
      #expect(try workspace.cpwx("run", film, "config/.env", "2").code == 0)
      let job = try workspace.job()
      #expect(job.contains("/2/"))
      let env = try workspace.read(job + "/job.env")
      #expect(env.hasPrefix("USER_ID=2\n# kept\nKNOB=base\n"))
    }
  }

  @Test func `a configuration is never taken for a film, whatever it is called`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.write("config/night.cfg", "KNOB=night\n")
      let film = try workspace.film()
      let run = try workspace.cpwx("run", film, "config/night.cfg")
      #expect(run.code == 0 || run.code == 64, "\(run.errors)")
      let made = try workspace.jobs.map { try workspace.manifest(of: $0)["input"]?["file"]?.string }
      #expect(!made.contains("config/night.cfg"))
    }
  }

  @Test func `options say the same as the old form`() throws {
    try TestWorkspace.with([.making("one")], config: ["KNOB=base"]) { workspace in
      try workspace.write("config/night.conf", "KNOB=night\n")
      let film = try workspace.film()
      #expect(try workspace.cpwx("run", film, "--config", "config/night.conf", "--user", "7").code == 0)
      let job = try workspace.job()
      #expect(job.contains("/7/"))
      #expect(try workspace.read(job + "/one.out") == "one night\n")
    }
  }

  @Test func `the configuration's user counts where none is named`() throws {
    try TestWorkspace.with([.making("one")], config: ["USER_ID=4"]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      #expect(try workspace.job().contains("/4/"))
    }
  }

  @Test func `settings beside a film are laid over the configuration for it alone`() throws {
    try TestWorkspace.with([.making("one")], config: ["KNOB=base"]) { workspace in
      try workspace.film("a.mp4", holding: "a")
      try workspace.film("b.mp4", holding: "b")
      try workspace.write("in/a.mp4.env", "KNOB=own\n")
      #expect(try workspace.cpwx("run").code == 0)
      #expect(try workspace.jobs.map { try workspace.read($0 + "/one.out") } == ["one own\n", "one base\n"])
    }
  }

  @Test func `settings beside a film do not give its job to another user`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      try workspace.write("in/Film (2001).mp4.env", "USER_ID=3\n")
      let refused = try workspace.cpwx("run")
      #expect(refused.code == 78)
      #expect(refused.errors.contains("USER_ID is \"3\""))
      #expect(workspace.jobs.isEmpty)
      #expect(try workspace.cpwx("run", "--user", "3").code == 0)
      #expect(try workspace.job().contains("/3/"))
    }
  }

  @Test func `the time of a job that is tried again is that of its runs`() throws {
    try TestWorkspace.with([.gate()]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      Thread.sleep(forTimeInterval: 3)
      try workspace.write("open", "")
      #expect(try workspace.cpwx("run").code == 0)
      let timing = try workspace.manifest()["timing"]
      let listed = try JSON(parsing: try workspace.cpwx("job", "list", "--format", "ndjson").output.utf8)
      let (whole, time) = (timing?["total_seconds"]?.double ?? 0, listed["total_seconds"]?.double ?? .infinity)
      #expect(time == timing?["running_seconds"]?.double)
      #expect(whole - time > 2.5)
    }
  }

  @Test func `a folder's films run, those in folders below it too`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for name in ["a.mp4", "b.MKV", "deep/er/c.webm"] { try workspace.film(name, holding: name) }
      try workspace.write("elsewhere/d.mp4", "not asked for")
      #expect(try workspace.cpwx("run", "in/").code == 0)
      #expect(workspace.jobs.count == 3)
    }
  }

  @Test func `films that are named run, and no other`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for name in ["a.mp4", "b.mp4", "c.mp4"] { try workspace.film(name, holding: name) }
      let run = try workspace.cpwx("run", "in/a.mp4", "in/b.mp4")
      #expect(run.code == 0, "\(run.errors)")
      let made = try workspace.jobs.map { try workspace.manifest(of: $0)["input"]?["file"]?.string }
      #expect(made.map { $0.map { ($0 as NSString).lastPathComponent } } == ["a.mp4", "b.mp4"])
    }
  }

  @Test func `on a terminal, too, -q prints the result and nothing else`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      let quiet = try workspace.shown("run -q", columns: 80)
      #expect(quiet.count == 2 && quiet.first?.hasPrefix("JOB ") == true, "\(quiet)")
      #expect(quiet.last?.contains(" completed ") == true, "\(quiet)")
      try workspace.film("other.mp4", holding: "another film")
      #expect(try workspace.shown("run", columns: 80).count > 3)
    }
  }

  @Test func `hidden files and what is no film are left out, partial copies are waited for`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("a.mp4")
      for name in [
        ".hidden.mp4", "b.mp4.part", "c.crdownload", ".d.mp4.Xyz123", "e.mp4.tmp", "notes.txt",
        ".cache/f.mp4",
        "g.srt",
      ] { try workspace.film(name, holding: name) }
      let rows = try workspace.cpwx("run", "-n", "--format", "ndjson").lines
      #expect(rows.contains { $0.contains("/in/a.mp4") && $0.contains("\"new\"") })
      let pending = rows.filter { $0.contains("\"pending\"") }
      #expect(pending.count == 3 && rows.count == 4, "\(rows)")
      for name in ["b.mp4.part", ".d.mp4.Xyz123", "e.mp4.tmp"] { #expect(pending.contains { $0.contains(name) }) }
    }
  }

  @Test func `a folder without films is nothing to do`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let run = try workspace.cpwx("run")
      #expect(run.code == 0, "\(run.errors)")
      #expect(workspace.jobs.isEmpty)
    }
  }

  @Test func `a folder for jobs that cannot be made is told as that, and not as a want of room`() throws {
    try TestWorkspace.with([.making("one")], config: ["OUTPUT_ROOT=/proc/jobs"]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 74)
      #expect(run.errors.contains("/proc/jobs: the folder for jobs cannot be made"), "\(run.errors)")
      #expect(run.errors.contains("OUTPUT_ROOT") && !run.output.contains("room"))
      #expect(try workspace.cpwx("run", "-n").output.contains("new"))
    }
  }

  @Test(arguments: [
    ["config/.env"], ["in/b.mp4.part"], ["in/a.mp4", "in/c.mp4", "in/notes.txt"], ["in/a.mp4", "in/a.mp4.env"],
    ["in/a.mp4", "in/b.mp4.part"], ["in/a.mp4", "in/.c.mp4.Xa81bQ"],
  ])
  func `what is no film by its name is refused, with the names of films`(arguments: [String]) throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let names = ["a.mp4", "a.mp4.env", "b.mp4.part", "c.mp4", ".c.mp4.Xa81bQ", "notes.txt"]
      for name in names { try workspace.film(name) }
      let run = try workspace.start([CPWX.path, "run"] + arguments).wait()
      #expect(run.code == 64)
      #expect(run.errors.contains("is no film, by its name") && run.errors.contains(".mkv"), "\(run.errors)")
      #expect(workspace.jobs.isEmpty)
    }
  }

  @Test(arguments: [
    "a film, as told by who made it\n", "stages:\n  - name: one\n", "\u{1A}E\u{DF}\u{A3}\0film\0",
    String(repeating: "KNOB=1\n", count: 200_000),
  ])
  func `a second file that is plainly no configuration is refused, and not taken for one`(content: String) throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let film = try workspace.film()
      try workspace.film("b.reel", holding: content)
      for user in [[], ["2"]] {
        let run = try workspace.start([CPWX.path, "run", film, "in/b.reel"] + user).wait()
        #expect(run.code == 64)
        #expect(run.errors.contains("in/b.reel: is neither a film, by its name, nor a configuration"), "\(run.errors)")
        #expect(run.errors.contains(".mkv") && workspace.jobs.isEmpty)
      }
    }
  }

  @Test func `a file that is named as the configuration and is none is refused`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let film = try workspace.film()
      for arguments in [["run", film], ["run", "-n"], ["job", "create"]] {
        let run = try workspace.start([CPWX.path] + arguments + ["--config", "config/pipeline.yaml"]).wait()
        #expect(run.code == 78)
        #expect(run.errors.contains("config/pipeline.yaml: is no configuration"), "\(run.errors)")
      }
      #expect(workspace.jobs.isEmpty)
    }
  }

  @Test(arguments: ["", "# nothing yet\n\n", "KNOB=1\na line that sets nothing\n"])
  func `a configuration need not set anything, nor be without mistakes`(content: String) throws {
    try TestWorkspace.with([.making("one")], config: ["KNOB=base"]) { workspace in
      try workspace.write("config/other", content)
      let film = try workspace.film()
      let run = try workspace.cpwx("run", film, "config/other", "2")
      #expect(run.code == 0, "\(run.errors)")
      #expect(try workspace.job().contains("/2/"))
    }
  }

  @Test func `a second film, hidden or not, is one more film`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let film = try workspace.film()
      for name in ["b.mkv", ".c.mp4"] {
        try workspace.film(name, holding: name)
        let run = try workspace.cpwx("run", film, "in/\(name)")
        #expect(run.code == 0, "\(run.errors)")
      }
      #expect(workspace.jobs.count == 3)
    }
  }

  @Test(arguments: [
    (["config/.env", "bob"], "bob: is no user", "a number from 1"),
    (["config/.env", "2", "--user", "3"], "--user 3: says otherwise than 2", "Name one"),
    (["config/.env", "--config", "config/other.env"], "says otherwise than config/.env", "Name one"),
  ])
  func `a form and an option that disagree are refused, and a word that is no user`(
    arguments: [String], message: String, remedy: String
  ) throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.write("config/other.env", "KNOB=other\n")
      let film = try workspace.film()
      let run = try workspace.start([CPWX.path, "run", film] + arguments).wait()
      #expect(run.code == 64)
      #expect(run.errors.contains(message) && run.errors.contains(remedy), "\(run.errors)")
      #expect(workspace.jobs.isEmpty)
      let agreeing = ["config/.env", "2", "--user", "2", "--config", workspace.path("config/.env")]
      #expect(try workspace.start([CPWX.path, "run", film] + agreeing).wait().code == 0)
    }
  }

  @Test(arguments: [["--force"], ["--user", "2"]])
  func `what is for films is refused of a job that is named`(option: [String]) throws {
    try TestWorkspace.withFinishedJob { workspace, id in
      let run = try workspace.start([CPWX.path, "run", "--resume", id] + option).wait()
      #expect(run.code == 64)
      #expect(run.errors.contains("\(option[0]): is for films"), "\(run.errors)")
      let both = try workspace.start([CPWX.path, "run", "in", "--resume", id] + option).wait()
      #expect(both.code == 0, "\(both.errors)")
      #expect(workspace.jobs.count == 2)
    }
  }

  @Test func `a configuration that a completed job was not made with is told of, where it was named`() throws {
    try TestWorkspace.withFinishedJob(config: ["SUBTITLE_MAX_LINE_LENGTH=40", "TMDB_API_KEY=first-secret"]) {
      workspace, id in
      try workspace.write("config/other.env", "SUBTITLE_MAX_LINE_LENGTH=30\nTMDB_API_KEY=second-secret\n")
      let film = try workspace.film()
      let told =
        "\(id) is completed; its own settings differ from config/other.env in SUBTITLE_MAX_LINE_LENGTH, TMDB_API_KEY; --force makes a new job"
      for arguments in [
        ["-n", film, "--config", "config/other.env"], [film, "config/other.env"],
        ["in", "--config", "config/other.env"],
        ["--resume", id, "--config", "config/other.env"],
      ] {
        let run = try workspace.start([CPWX.path, "run", "--format", "json"] + arguments).wait()
        #expect(run.code == 0 && run.output.contains("\"reason\": \"\(told)\""), "\(run.output)\(run.errors)")
        #expect(!(run.output + run.errors).contains("-secret"))
      }
      for arguments in [[film], [film, "config/.env"], ["in", "--config", "config/.env"]] {
        let run = try workspace.start([CPWX.path, "run", "--format", "json"] + arguments).wait()
        #expect(run.output.contains("\"reason\": \"\(id) is completed\""), "\(run.output)")
      }
      try workspace.write("config/.env", "SUBTITLE_MAX_LINE_LENGTH=50\n")
      #expect(try !workspace.cpwx("run", film).output.contains("differ"))
      #expect(workspace.runs.count == 2)
    }
  }

  @Test(arguments: [["in/none.mp4"], ["--user", "x"], ["--user", "-3", "in/a.mp4"], ["--no-such-option"]])
  func `what cannot be meant is refused before anything is made`(arguments: [String]) throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("a.mp4")
      let run = try workspace.start([CPWX.path, "run"] + arguments).wait()
      #expect(run.code == 64, "\(run.errors)")
      #expect(run.output.isEmpty)
      #expect(!run.errors.isEmpty)
      #expect(workspace.jobs.isEmpty)
    }
  }
}
