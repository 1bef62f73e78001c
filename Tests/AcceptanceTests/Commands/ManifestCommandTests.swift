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
    .init("two schemas in one file", finding: "$.devices", job(more: #""devices": {},"#)),
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

  @Test func `a job that is not there is a mistake of usage, a damaged manifest is damage`() throws {
    try TestWorkspace.with { workspace in
      try workspace.write("odd/manifest.json", "{\"stages\":")
      #expect(try workspace.cpwx("manifest", "show", "20010101-001").code == 64)
      #expect(try workspace.cpwx("manifest", "show", "odd/manifest.json").code == 65)
      #expect(try workspace.cpwx("manifest", "outputs", "odd").code == 65)
    }
  }
}
