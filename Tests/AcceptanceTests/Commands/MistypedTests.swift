import Testing

/// Words on the command line that cannot be meant as they stand.
struct MistypedTests {
  @Test(arguments: [
    (["rnu"], "cpwx run"), (["jbo", "list"], "cpwx job"), (["job", "lst"], "cpwx job list"),
    (["manifest", "validte", "latest"], "cpwx manifest validate"), (["archive", "lsit"], "cpwx archive list"),
    (["migrate", "stauts"], "cpwx migrate status"), (["help", "job", "shwo"], "cpwx job show"),
  ])
  func `a command is told that was probably meant`(words: [String], meant: String) throws {
    try TestWorkspace.with { workspace in
      let outcome = try workspace.start([CPWX.path] + words).wait()
      #expect(outcome.code == 64)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.hasPrefix("cpwx: "))
      #expect(outcome.errors.contains("Did you mean: \(meant)?"), "\(outcome.errors)")
    }
  }

  @Test(arguments: [
    (["job", "list", "--limt", "3"], "--limit"), (["run", "--drry-run"], "--dry-run"), (["doctor", "--fxi"], "--fix"),
    (["job", "list", "--sort", "titel"], "title"), (["job", "list", "statsu=failed"], "status"),
    (["job", "list", "status=faild"], "failed"), (["job", "list", "--columns", "titel"], "title"),
  ])
  func `an option, a key or a value is told that was probably meant`(words: [String], meant: String) throws {
    try TestWorkspace.with { workspace in
      let outcome = try workspace.start([CPWX.path] + words).wait()
      #expect(outcome.code == 64)
      #expect(outcome.errors.contains("Did you mean") && outcome.errors.contains(meant), "\(outcome.errors)")
    }
  }

  @Test func `a word that is near to nothing has no suggestion`() throws {
    try TestWorkspace.with { workspace in
      for words in [["xyzzy"], ["job", "xyzzy"], ["archive", "20991231-001"]] {
        let outcome = try workspace.start([CPWX.path] + words).wait()
        #expect(outcome.code == 64)
        #expect(!outcome.errors.contains("Did you mean"), "\(outcome.errors)")
      }
    }
  }
}
