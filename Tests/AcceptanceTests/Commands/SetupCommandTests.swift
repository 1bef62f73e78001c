import Jobs
import Testing

/// `cpwx init` and `cpwx doctor`.
struct SetupCommandTests {
  @Test func `init makes a workspace, and a second time changes nothing`() throws {
    try TestWorkspace.with { workspace in
      let first = try workspace.cpwx("init", "new place")
      #expect(first.code == 0, "\(first.errors)")
      for folder in ["in", "out", "logs", "archive", "config/.env"] {
        #expect(workspace.exists("new place/" + folder), "\(folder)")
      }
      try workspace.write("new place/config/.env", "MINE=1\n")
      let place = workspace.path("new place")
      for line in ["'\(place)/config/.env'", "cpwx doctor -C '\(place)'", "cpwx run -C '\(place)'", "\(place)/in"] {
        #expect(first.output.contains(line), "\(first.output)")
      }
      #expect(first.output.contains("Made a workspace in \(place): in/ out/ logs/ archive/"), "\(first.output)")
      let before = workspace.tree("new place")
      let second = try workspace.cpwx("init", "new place")
      #expect(second.code == 0)
      #expect(second.output.contains("\(place) is a workspace already; nothing was changed."))
      #expect(workspace.tree("new place") == before)
      #expect(try workspace.read("new place/config/.env") == "MINE=1\n")
      #expect(try workspace.cpwx("run", "-n", in: workspace.path("new place")).code == 0)
    }
  }

  @Test func `init here is init of this folder`() throws {
    try TestWorkspace.with { workspace in
      try workspace.write("empty/keep", "")
      #expect(try workspace.cpwx("init", in: workspace.path("empty")).code == 0)
      #expect(workspace.exists("empty/config/.env"))
    }
  }

  @Test func `doctor has the documented keys, and a broken pipeline is an error`() throws {
    try TestWorkspace.with { workspace in
      try workspace.write("config/pipeline.yaml", "stages:\n  - {name: a, number: one, command: ['true']}\n")
      let outcome = try workspace.cpwx("doctor", "--format", "json")
      #expect(outcome.code == 1)
      let checks = try #require(try JSON(parsing: outcome.output.utf8).array)
      for check in checks {
        #expect(check.keys.isSuperset(of: ["check", "status", "message", "remedy"]))
        #expect(["ok", "warning", "error"].contains(check["status"]?.string))
      }
      let broken = checks.first { $0["message"]?.string?.contains("pipeline.yaml:2") == true }
      #expect(broken?["status"]?.string == "error")
      for check in checks where check["status"]?.string != "ok" {
        #expect(check["remedy"]?.string?.isEmpty == false, "\(check)")
      }
      let lines = try workspace.cpwx("doctor", "--color", "never").lines
      let headings = ["OK", "WARNING", "ERROR"].compactMap { lines.firstIndex(of: $0) }
      #expect(headings.count > 1 && headings == headings.sorted() && lines.contains("ERROR"), "\(lines)")
      let mistake = try #require(lines.lastIndex { $0.contains("pipeline.yaml:2") })
      #expect(lines[(mistake + 1)...].first { $0.contains("→") }?.contains("→ Mend the lines") == true, "\(lines)")
    }
  }

  @Test func `doctor tells of secrets that others can read, and never their values`() throws {
    try TestWorkspace.with(config: ["HF_TOKEN=kestrel-9341"]) { workspace in
      let outcome = try workspace.cpwx("doctor", "--format", "json")
      let text = outcome.output + outcome.errors
      #expect(!text.contains("kestrel-9341"))
      let checks = try #require(try JSON(parsing: outcome.output.utf8).array)
      #expect(
        checks.contains {
          $0["status"]?.string != "ok" && $0["message"]?.string?.contains("config/.env") == true
        })
    }
  }

  @Test func `doctor advises no other modes where the file system takes nothing`() throws {
    let config = ["OUTPUT_ROOT=disk/out", "ARCHIVE_ROOT=disk/archive"]
    try TestWorkspace.with([.making("one")], config: config) { workspace in
      try workspace.mountDisk(at: workspace.path("disk"), size: "1m")
      for folder in ["disk/out", "disk/archive"] { try workspace.write(folder + "/kept", "") }
      let mounted = try workspace.startAsRoot(["mount", "-o", "remount,ro", workspace.path("disk")]).wait()
      try #require(mounted.code == 0, "\(mounted.errors)")
      let checks = try workspace.json("doctor").array ?? []
      for (name, status) in [("out", "error"), ("archive", "warning")] {
        let check = try #require(checks.first { $0["check"]?.string == "folder \(name)" })
        #expect(check["status"]?.string == status)
        #expect(check["message"]?.string == "\(workspace.path("disk"))/\(name) cannot be written")
        #expect(check["remedy"]?.string == "Its file system is read-only: have it mounted for writing.")
      }
    }
  }

  @Test func `help that cannot be written is no success`() throws {
    try TestWorkspace.with { workspace in
      for option in ["--help", "--version"] {
        let outcome = try workspace.start(["sh", "-c", "exec '\(CPWX.path)' \(option) > /dev/full"]).wait()
        #expect(outcome.code == 74 && outcome.errors.contains("cannot be written"))
      }
    }
  }

  @Test(arguments: [[], ["run"], ["job"], ["job", "show"], ["manifest", "validate"], ["doctor"]])
  func `help tells and exits 0`(command: [String]) throws {
    try TestWorkspace.with { workspace in
      let outcome = try workspace.start([CPWX.path] + command + ["--help"], in: "/").wait()
      #expect(outcome.code == 0)
      #expect(outcome.output.contains("USAGE: cpwx"))
    }
  }
}
