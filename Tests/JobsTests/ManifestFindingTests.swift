import SystemPackage
import Testing

@testable import Jobs

struct `Findings in a manifest` {
  private func findings(_ text: String, in folder: FilePath? = nil) throws -> [String] {
    try Manifest(document: JSON(parsing: text.utf8)).findings(in: folder)
      .map { "\($0.severity.rawValue) \($0.path) \($0.message)" }
  }

  @Test func `are none where it is as documented`() throws {
    #expect(try findings(Manifests.documented) == [])
  }

  @Test func `name a failure that lasted`() throws {
    #expect(
      try findings(Manifests.stickyFailure) == [
        "error $.job_id is missing: this is a manifest of stages alone, not of a job",
        "error $.pipeline.failed_stages[0] still names asr, whose status is success",
        "error $.pipeline.status is \"failed\" although every stage succeeded",
      ])
  }

  @Test func `name what a builder's manifest is not`() throws {
    #expect(
      try findings(Manifests.builderResumed) == [
        "error $.version is that of a builder's manifest; expected \"1.0.0\"",
        "error $.created_at is missing; expected a local time like 2025-10-30T15:44:30.123456",
        "error $.input.year is the string \"2006\"; expected a number or null",
        "error $.pipeline.failed_stages is missing; expected a list of stages",
        "error $.pipeline.skipped_stages[0] still names mux, whose status is success",
      ])
    #expect(
      try findings(Manifests.builderFailed).last
        == "error $.pipeline.skipped_stages[0] still names mux, whose status is failed")
  }

  @Test func `name an older orchestrator's fields, and a running stage that has ended`() throws {
    #expect(
      try findings(Manifests.olderOrchestrator) == [
        "error $.input.year is the string \"2023\"; expected a number or null",
        "warning $.stages.demux.completed is an older orchestrator's field; the status counts",
        "warning $.stages.demux.next_stage is an older orchestrator's field; the status counts",
        "warning $.stages.demux.success is an older orchestrator's field; the status counts",
        "error $.stages.tmdb.completed_at is set although the stage says it is running",
        "warning $.pipeline.current_stage is null although tmdb is running",
      ])
  }

  @Test func `name a list of stages and its words`() throws {
    #expect(
      try findings(Manifests.later) == [
        "error $.stages is a list; expected an object with a member a stage",
        "error $.version is \"2\"; expected \"1.0.0\"",
        "error $.stages[0].status is \"completed\"; expected running, success, failed or skipped",
        "error $.stages[1].status is \"pending\"; expected running, success, failed or skipped",
        "error $.pipeline is missing; expected an object with status, completed_stages and failed_stages",
      ])
  }

  @Test func `name two schemas in one file, and twins`() throws {
    #expect(
      try findings(Manifests.twoSchemas) == [
        "error $.job_id is missing: this is a manifest of stages alone, not of a job",
        "error $.timestamp belongs to a builder's manifest: two schemas stand in one file",
        "error $.input.year is the string \"2001\"; expected a number or null",
        "error $.stages.pre_ner is the same stage as pre-ner",
        "error $.pipeline.skipped_stages[0] still names tmdb, whose status is failed",
      ])
  }

  @Test func `of an empty object name all that is missing`() throws {
    #expect(
      try findings("{}").map { String($0.split(separator: " ")[1]) } == [
        "$.version", "$.created_at", "$.job_id", "$.user_id", "$.job_env_file", "$.output_dir", "$.input", "$.stages",
        "$.pipeline",
        "$.timing",
      ])
  }

  @Test func `name values of the wrong kind`() throws {
    let text = #"""
      {"version": 1, "created_at": "yesterday", "job_id": "7", "user_id": "1", "job_env_file": null, "output_dir": 2,
       "input": {"file": 1, "title": 2, "year": []},
       "stages": {"a": 1, "b": {"status": "done", "started_at": 5, "duration_seconds": -1, "input_files": {}, "outputs": []},
                  "c": {"status": "success", "outputs": {"x": {}}}},
       "pipeline": {"status": "ok", "completed_stages": [1], "failed_stages": {}}, "timing": []}
      """#
    #expect(
      try findings(text).map { String($0.split(separator: " ")[1]) } == [
        "$.version", "$.created_at", "$.job_id", "$.user_id", "$.job_env_file", "$.output_dir", "$.input.file",
        "$.input.title",
        "$.input.year", "$.stages.a", "$.stages.b.status", "$.stages.b.started_at", "$.stages.b.duration_seconds",
        "$.stages.b.input_files", "$.stages.b.outputs", "$.stages.c.outputs.x.path", "$.pipeline.status",
        "$.pipeline.completed_stages[0]", "$.pipeline.failed_stages", "$.timing",
      ])
  }

  @Test func `name outputs that are gone or of another size`() throws {
    let site = try TemporaryWorkspace()
    try site.file("audio/audio.wav", "12345")
    let outputs = [("a", "audio/audio.wav", 5), ("b", "audio/audio.wav", 6), ("c", "audio/none.wav", 1)].map {
      #""\#($0)": {"path": "\#($1)", "exists": true, "size_bytes": \#($2)}"#
    }.joined(separator: ", ")
    var manifest = Manifest(document: try JSON(parsing: Manifests.documented.utf8))
    manifest.document["stages"] = try JSON(parsing: #"{"demux": {"status": "success", "outputs": {\#(outputs)}}}"#.utf8)
    #expect(
      manifest.findings(in: site.root).map { "\($0.path) \($0.message)" } == [
        "$.stages.demux.outputs.b.size_bytes is 6, and the file has 5",
        "$.stages.demux.outputs.c.path is \"audio/none.wav\", and there is no such file here",
      ])
    #expect(manifest.findings(in: nil) == [])
  }

  @Test func `come in spite of names that no path can hold`() throws {
    var manifest = Manifest(document: try JSON(parsing: Manifests.documented.utf8))
    manifest.document["stages"]?["demux"]?["outputs"] = ["x": ["path": .string("a\0b"), "exists": .bool(true)]]
    #expect(manifest.findings(in: "/nowhere").map(\.path) == ["$.stages.demux.outputs.x.path"])
  }
}
