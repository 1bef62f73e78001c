import Jobs
import Testing

/// `cpwx manifest`, over manifests of every kind.
struct ManifestCommandTests {
  struct Fixture: CustomTestStringConvertible {
    var testDescription: String
    /// The place of a finding.
    var path: String
    var text: String

    init(_ name: String, finding path: String, _ text: String) {
      (testDescription, self.path, self.text) = (name, path, text)
    }
  }

  /// A documented manifest with `stages`, `pipeline` and whatever else is to be off.
  private static func job(
    stages: String = #"{"demux": {"status": "success"}}"#, status: String = "completed",
    completed: String = #"["demux"]"#, failed: String = "[]", year: String = "2001", more: String = ""
  ) -> String {
    #"""
    {"version": "1.0.0", "created_at": "2025-10-30T15:44:30.123456", "job_id": "20251030-001", "user_id": 1,
     "job_env_file": "config/.env.job_20251030-001",
     "input": {"file": "in/a.mp4", "title": "A", "year": \#(year)},
     "output_dir": "out/2025/10/30/1/20251030-001", "stages": \#(stages),
     "pipeline": {"status": "\#(status)", "current_stage": null, "completed_stages": \#(completed),
                  "failed_stages": \#(failed)}, \#(more)
     "timing": {"started_at": null, "completed_at": null, "total_seconds": null}}
    """#
  }

  static let fixtures: [Fixture] = [
    .init("cut short", finding: "$", String(job().prefix(200))),
    .init("empty", finding: "$", ""),
    .init("no object", finding: "$", "[]"),
    .init("a year that is a string", finding: "$.input.year", job(year: #""2001""#)),
    .init(
      "a failed stage that succeeded", finding: "$.pipeline.failed_stages[0]", job(failed: #"["demux"]"#)),
    .init(
      "a job failed of successes", finding: "$.pipeline.status",
      job(stages: #"{"demux": {"status": "success"}, "mux": {"status": "success"}}"#, status: "failed")),
    .init("an unknown status", finding: "$.pipeline.status", job(status: "sleeping")),
    .init(
      "a running stage that completed", finding: "$.stages.demux.completed_at",
      job(
        stages: #"{"demux": {"status": "running", "completed_at": "2025-10-30T15:44:30.123456"}}"#,
        status: "running", completed: "[]")),
    .init(
      "an output that is not there", finding: "$.stages.demux.outputs.audio.path",
      job(
        stages:
          #"{"demux": {"status": "success", "outputs": {"audio": {"path": "/none.wav", "exists": true}}}}"#)),
    .init(
      "a failed stage among the completed", finding: "$.pipeline.completed_stages[0]",
      job(stages: #"{"demux": {"status": "failed"}}"#, status: "failed", failed: #"["demux"]"#)),
    .init(
      "one stage under two names", finding: "$.stages.pre_ner",
      job(stages: #"{"pre-ner": {"status": "success"}, "pre_ner": {"status": "success"}}"#, completed: "[]")),
    .init(
      "an older orchestrator's fields", finding: "$.stages.demux.duration",
      job(stages: #"{"demux": {"status": "success", "duration": 37.6, "completed": true, "success": true}}"#)),
    .init("two schemas in one file", finding: "$.devices", job(more: #""devices": {},"#)),
    .init(
      "stages alone, and no job", finding: "$.job_id",
      #"""
      {"version": "1.0.0", "created_at": "2025-10-27T15:44:30", "movie_dir": "/app/out/A_2001",
       "stages": {"demux": {"status": "success"}},
       "pipeline": {"status": "running", "current_stage": null, "completed_stages": ["demux"], "failed_stages": []}}
      """#),
    .init(
      "a builder's", finding: "$.version",
      #"""
      {"version": "0.1.0", "timestamp": "2025-10-20T15:44:30", "input": {"file": "in/a.mp4", "title": "A"},
       "output": {"directory": "out/A_2001", "files": {}}, "devices": {},
       "pipeline": {"status": "completed", "completed_stages": [], "skipped_stages": ["mux"], "steps": {}}}
      """#),
    .init(
      "stages in a list", finding: "$.stages",
      #"{"stages": [{"name": "asr", "status": "completed"}], "status": "prepared", "pipeline": {}}"#),
  ]

  @Test(arguments: fixtures)
  func `what is off in a manifest is told by its path, and exits 65`(fixture: Fixture) throws {
    try TestWorkspace.with { workspace in
      try workspace.write("odd/manifest.json", fixture.text)
      let outcome = try workspace.cpwx("manifest", "validate", "odd/manifest.json", "--format", "json")
      #expect(outcome.code == 65, "\(outcome.errors)")
      let findings = try #require(try JSON(parsing: outcome.output.utf8).array)
      let found = findings.filter { $0["severity"]?.string == "error" }.compactMap { $0["path"]?.string }
      #expect(found.contains { $0.hasPrefix(fixture.path) }, "\(found)")
      #expect(try workspace.read("odd/manifest.json") == fixture.text)
    }
  }

  @Test func `what is merely odd in a manifest is told, and exits 0`() throws {
    let odd = Self.job(status: "failed", completed: #"["demux", "demux"]"#, failed: #"["asr"]"#)
    try TestWorkspace.with { workspace in
      try workspace.write("odd/manifest.json", odd)
      let outcome = try workspace.cpwx("manifest", "validate", "odd/manifest.json", "--format", "json")
      #expect(outcome.code == 0, "\(outcome.output)\(outcome.errors)")
      let findings = try #require(try JSON(parsing: outcome.output.utf8).array)
      #expect(findings.allSatisfy { $0["severity"]?.string == "warning" }, "\(outcome.output)")
      let paths = findings.compactMap { $0["path"]?.string }
      #expect(paths == ["$.pipeline.completed_stages[1]", "$.pipeline.failed_stages[0]"], "\(outcome.output)")
    }
  }

  @Test func `what cpwx writes is as documented, whether the job succeeded or failed`() throws {
    try TestWorkspace.with([
      .making("demux"), Stage("ner", fields: ["critical: false"], script: "exit 1"), .gate(),
    ]) {
      workspace in
      try workspace.film()
      try workspace.cpwx("run")
      #expect(try workspace.cpwx("manifest", "validate", "latest").code == 0)
      try workspace.write("open", "")
      try workspace.cpwx("run")
      let outcome = try workspace.cpwx("manifest", "validate", "latest", "--format", "json")
      #expect(outcome.code == 0)
      #expect(try JSON(parsing: outcome.output.utf8) == .array([]))
    }
  }

  @Test func `show gives the manifest as it is, and as a table`() throws {
    try TestWorkspace.with([.making("demux")]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      let shown = try workspace.cpwx("manifest", "show", "latest", "--format", "json").output
      #expect(try JSON(parsing: shown.utf8) == (try workspace.manifest()))
      let table = try workspace.cpwx("manifest", "show", try workspace.job()).output
      for part in ["completed", "demux", "success", "Film"] { #expect(table.contains(part)) }
    }
  }

  @Test func `outputs are listed with whether they are there`() throws {
    try TestWorkspace.with([.making("demux"), .making("asr")]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      try workspace.remove(try workspace.job() + "/asr.out")
      let listed = try workspace.cpwx("manifest", "outputs", "latest", "--format", "json")
      let rows = try #require(try JSON(parsing: listed.output.utf8).array)
      #expect(rows.map { $0["stage_name"]?.string } == ["demux", "asr"])
      #expect(rows.map { $0["exists"]?.bool } == [true, false])
      #expect(rows[0]["path"]?.string == (try workspace.job()) + "/demux.out")
    }
  }

  @Test func `outputs of a workspace that was moved are found where they are`() throws {
    try TestWorkspace.with([.making("demux")]) { workspace in
      try workspace.film()
      try workspace.cpwx("run")
      let moved = workspace.path("../moved")
      try workspace.start(["cp", "-r", workspace.path("out"), moved]).wait()
      try workspace.remove("out")
      let folder = try #require(workspace.tree("../moved").first { $0.hasSuffix("/manifest.json") })
      let outputs = try workspace.cpwx("manifest", "outputs", moved + "/" + folder, "--format", "json")
      let row = try #require(try JSON(parsing: outputs.output.utf8).array?.first)
      #expect(row["exists"]?.bool == true)
      #expect(row["path"]?.string.map { workspace.exists($0) } == true)
      let check = try workspace.cpwx("manifest", "validate", moved + "/" + folder)
      #expect(check.code == 0, "\(check.output)")
      #expect(check.output.contains("is a path of another place; the file is here"))
    }
  }

  @Test func `what steers terminals is not written to them`() throws {
    try TestWorkspace.with(config: [#"A="x\r\nJOB_ID=fake""#, "B=\u{1B}[2Jred"]) { workspace in
      let title =
        #"{"stages": {}, "job_id": "1", "input": {"title": "a\u001b[2Jb\u0007\r\nStatus: c", "file": "d\ne"}}"#
      try workspace.write("odd/manifest.json", title)
      let shown = try workspace.cpwx("manifest", "show", "odd/manifest.json").output
      #expect(shown.contains("ab"))
      try workspace.cpwx("job", "create")
      let settings = try workspace.cpwx("job", "env", "latest").output
      #expect(settings.contains(#"A="x\r\nJOB_ID=fake""#), "\(settings)")
      #expect(settings.split(separator: "\n").count { $0.hasPrefix("JOB_ID=") } == 1)
      for text in [shown, settings] {
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, "\(text)")
      }
      // Its own status, and none that the title says.
      #expect(shown.split(separator: "\n").count { $0.hasPrefix("Status") } == 1)
    }
  }

  @Test func `a job that has not run has no manifest, and that is said`() throws {
    try TestWorkspace.with { workspace in
      try workspace.cpwx("job", "create")
      for verb in ["show", "validate", "outputs"] {
        let outcome = try workspace.cpwx("manifest", verb, "latest")
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains("has not run"), "\(outcome.errors)")
        let lost = try workspace.cpwx("manifest", verb, "nope/manifest.json")
        #expect(lost.code == 64)
        #expect(lost.errors.contains("no such file"), "\(lost.errors)")
      }
    }
  }

  @Test func `a job that is not there is a mistake of usage, a damaged manifest is damage`() throws {
    try TestWorkspace.with { workspace in
      try workspace.write("odd/manifest.json", "{\"stages\":")
      #expect(try workspace.cpwx("manifest", "show", "20010101-001").code == 64)
      #expect(try workspace.cpwx("manifest", "show", "odd/manifest.json").code == 65)
      #expect(try workspace.cpwx("manifest", "outputs", "odd").code == 65)
    }
  }
}
