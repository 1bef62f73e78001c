import Testing

/// Words on the command line that cannot be meant as they stand.
struct MistypedTests {
  @Test(arguments: [
    (["rnu"], "cpwx run"), (["jbo", "list"], "cpwx job"), (["job", "lst"], "cpwx job list"),
    (["manifest", "validte", "latest"], "cpwx manifest validate"), (["archive", "lsit"], "cpwx archive list"),
    (["migrate", "stauts"], "cpwx migrate status"), (["help", "job", "shwo"], "cpwx job show"),
    (["stat"], "cpwx status"),
    (["rep"], "cpwx report"), (["job", "ls"], "cpwx job list"), (["job", "remove"], "cpwx job rm"),
    (["job", "delete"], "cpwx job rm"), (["list"], "cpwx job list"), (["logs", "latest"], "cpwx job logs"),
    (["migrate", "stats"], "cpwx migrate status"), (["-C", ".", "job", "lst"], "cpwx job list"),
  ])
  func `a command is told that was probably meant`(words: [String], meant: String) throws {
    try TestWorkspace.with { workspace in
      let outcome = try workspace.start([CPWX.path] + words).wait()
      #expect(outcome.code == 64)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.hasPrefix("cpwx: "))
      #expect(outcome.errors.split(separator: "\n")[0].contains("..") == false, "\(outcome.errors)")
      #expect(outcome.errors.contains("Did you mean: \(meant)?"), "\(outcome.errors)")
    }
  }

  @Test(arguments: [
    (["job", "list", "--limt", "3"], "--limit"), (["run", "--drry-run"], "--dry-run"), (["doctor", "--fxi"], "--fix"),
    (["job", "list", "--sort", "titel"], "title"), (["job", "list", "statsu=failed"], "status"),
    (["job", "list", "status=faild"], "failed"), (["job", "list", "--columns", "titel"], "title"),
    (["migrate", "--from-legcy"], "--from-legacy"), (["migrate", "--formt", "json"], "--format"),
    (["archive", "--older-thn", "3d"], "--older-than"), (["manifest", "diff", "--formt", "json"], "--format"),
    (["--hlp"], "--help"), (["job", "list", "--format", "jsn"], "json"), (["run", "--runner", "doker"], "docker"),
    (["run", "--workflow", "test"], "tests"), (["run", "--stages", "on"], "one"),
    (["job", "show", "lastest"], "latest"), (["run", "--form", "json"], "--format"),
    (["archive", "--form", "json"], "--format"),
    (["archive", "--old", "3d"], "--older-than"),
  ])
  func `an option, a key or a value is told that was probably meant`(words: [String], meant: String) throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      let outcome = try workspace.start([CPWX.path] + words).wait()
      #expect(outcome.code == 64)
      #expect(outcome.errors.contains("Did you mean") && outcome.errors.contains(meant), "\(outcome.errors)")
    }
  }

  @Test(arguments: ["in/Sholay (1976).mkv", "in/Sholay.mkv", "in/sholay (1975).mkv"])
  func `a film is told that was probably meant`(path: String) throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film("Sholay (1975).mkv")
      let outcome = try workspace.cpwx("run", path)
      #expect(outcome.code == 64)
      #expect(outcome.errors.contains("Did you mean 'Sholay (1975).mkv'?"), "\(outcome.errors)")
      #expect(try !workspace.cpwx("run", "in/Anand.mkv").errors.contains("Did you mean"))
    }
  }

  @Test func `what is no command has no help, and an option that is none is named though more is wrong`() throws {
    try TestWorkspace.with { workspace in
      let help = try workspace.cpwx("help", "foo")
      #expect(help.code == 64 && help.output.isEmpty && help.errors.contains("no such command: foo"), "\(help.errors)")
      let archive = try workspace.cpwx("archive", "--wordy")
      #expect(archive.code == 64 && archive.errors.hasPrefix("cpwx: Unknown option '--wordy'"), "\(archive.errors)")
      #expect(try workspace.cpwx("job", "list", "-nq").errors.contains("Unknown option"))
    }
  }

  @Test func `of two mistakes the first one is told`() throws {
    try TestWorkspace.with { workspace in
      let outcome = try workspace.cpwx("job", "lsit", "--helpp")
      #expect(outcome.code == 64)
      #expect(outcome.errors.contains("no such command: lsit. Did you mean: cpwx job list?"), "\(outcome.errors)")
      #expect(!outcome.errors.contains("--helpp"), "\(outcome.errors)")
    }
  }

  @Test func `a stage is told that was probably meant, and what is near to none`() throws {
    try TestWorkspace.with { workspace in
      for (word, meant) in [("demx", " Did you mean demux?"), ("post-nre", " Did you mean post_ner?"), ("xyzzy", "")] {
        let outcome = try workspace.start([CPWX.path + "-stage", word, "a", "b"]).wait()
        #expect(outcome.code == 64 && outcome.output.isEmpty)
        #expect(outcome.errors == "error: there is no such stage: \(word).\(meant) See: cpwx-stage --help\n")
      }
    }
  }

  @Test func `how to write is said before a command that has no result to write, too, but no data is promised`() throws
  {
    try TestWorkspace.with { workspace in
      let plain = try workspace.cpwx("--format", "plain", "--color=never", "init", "films")
      #expect(plain.code == 0, "\(plain.errors)")
      let json = try workspace.cpwx("--format", "json", "init", "more")
      #expect(json.code == 64 && json.errors.contains("Unknown option '--format'"), "\(json.errors)")
      #expect(json.errors.contains("cpwx init has none of that name"), "\(json.errors)")
      let path = try workspace.cpwx("--format", "json", "job", "path", "latest")
      #expect(path.code == 64, "\(path)")
      #expect(path.errors.contains("Unknown option '--format': cpwx job path has none of that name."), "\(path.errors)")
    }
  }

  @Test(arguments: [
    ["-C", "films", "job", "list"], ["--format", "csv", "-C", "films", "job", "list"],
    ["--format=csv", "-q", "-C", "films", "run", "-n"],
    ["--color", "never", "-C", "films", "archive", "list", "--format", "csv"],
  ])
  func `options that commands have in common may stand before them`(words: [String]) throws {
    try TestWorkspace.with { workspace in
      #expect(try workspace.cpwx("init", "films").code == 0)
      let outcome = try workspace.start([CPWX.path] + words, in: workspace.root).wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output.contains(",") == words.joined().contains("csv"))
      #expect(try workspace.start([CPWX.path, "-C", "films", "--version"]).wait().output == "0.1.0\n")
      #expect(try workspace.start([CPWX.path, "-C"]).wait().code == 64)
      #expect(try workspace.start([CPWX.path, "-q", "-C", "films", "job", "list"]).wait().code == 0)
      #expect(try workspace.start([CPWX.path, "-q", "-v", "init", "more"]).wait().code == 0)
    }
  }

  @Test func `a word that is near to nothing has no suggestion`() throws {
    try TestWorkspace.with { workspace in
      for words in [["xyzzy"], ["job", "xyzzy"], ["archive", "20991231-001"]] {
        let outcome = try workspace.start([CPWX.path] + words).wait()
        #expect(outcome.code == 64)
        #expect(!outcome.errors.contains("Did you mean"), "\(outcome.errors)")
      }
      for words in [["xyzzy"], ["xyzzy", "abc"], ["job", "xyzzy"], ["help", "xyzzy"]] {
        let outcome = try workspace.start([CPWX.path] + words).wait()
        #expect(outcome.errors.hasPrefix("cpwx: there is no such command: xyzzy\n"), "\(outcome.errors)")
      }
    }
  }
}
