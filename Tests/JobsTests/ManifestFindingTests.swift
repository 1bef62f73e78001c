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
        "error $.stages.demux.completed is an older orchestrator's field, and none that is documented",
        "error $.stages.demux.next_stage is an older orchestrator's field, and none that is documented",
        "error $.stages.demux.duration is an older orchestrator's field, and none that is documented",
        "error $.stages.demux.success is an older orchestrator's field, and none that is documented",
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
        "$.pipeline.completed_stages[0]", "$.pipeline.completed_stages", "$.pipeline.failed_stages", "$.timing",
      ])
  }

  @Test func `name what is recorded of a run in the wrong kind`() throws {
    let stages = #"""
      {"demux": {"status": "failed", "attempt": 0, "exit_code": "1", "error": 5, "log": [], "resources": 3},
       "tmdb": {"status": "success", "attempt": 1, "exit_code": 0, "outputs": {"data": "metadata/tmdb_data.json"}}}
      """#
    var manifest = Manifest(document: try JSON(parsing: Manifests.documented.utf8))
    manifest.document["stages"] = try JSON(parsing: stages.utf8)
    manifest.document["pipeline"] = try JSON(
      parsing: #"{"status": "failed", "completed_stages": ["tmdb"], "failed_stages": ["demux", "asr"]}"#.utf8)
    #expect(
      manifest.findings(in: nil).map { "\($0.severity.rawValue) \($0.path) \($0.message)" } == [
        "error $.stages.demux.attempt is 0; expected a whole number from 1",
        "error $.stages.demux.exit_code is \"1\"; expected a whole number",
        "error $.stages.demux.error is 5; expected a text",
        "error $.stages.demux.log is a list; expected a text",
        "error $.stages.demux.resources is 3; expected an object",
        "error $.stages.tmdb.outputs.data is a string; expected an object with path, exists and size_bytes",
        "warning $.pipeline.failed_stages[1] names asr, of which there is no record",
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

  @Test func `look for files of another place below the manifest's folder`() throws {
    let site = try TemporaryWorkspace()
    let folder = site.path("moved/20251030-001")
    try site.file("moved/20251030-001/audio/audio.wav", "12345")
    var manifest = Manifest(document: try JSON(parsing: Manifests.documented.utf8))
    let old = "/app/out/2025/10/30/1/20251030-001/audio/audio.wav"
    manifest.document["stages"]?["demux"]?["outputs"] = [
      "audio": ["path": .string(old), "exists": .bool(true), "size_bytes": .int(5)],
      "other": ["path": .string("/app/out/audio/audio.wav"), "exists": .bool(true), "size_bytes": .int(5)],
    ]
    #expect(
      manifest.findings(in: folder).map { "\($0.severity.rawValue) \($0.path)" } == [
        "warning $.stages.demux.outputs.audio.path", "error $.stages.demux.outputs.other.path",
      ])
    #expect(manifest.place(of: old, in: folder).path == folder.pushing("audio/audio.wav"))
    // A legacy folder that has another name now.
    manifest.document["movie_dir"] = .string("/home/x/out/Movie_Name_2023")
    #expect(manifest.place(of: "/home/x/out/Movie_Name_2023/audio/audio.wav", in: folder).isElsewhere)
  }

  /// The documented manifest, with a piece of its text replaced.
  private func documented(_ old: String, _ new: String) throws -> [String] {
    try #require(Manifests.documented.contains(old))
    return try findings(Manifests.documented.replacing(old, with: new, maxReplacements: 1))
  }

  @Test(arguments: [
    ("\"year\": 2023", "\"year\": 1080", "error $.input.year is 1080; expected a year or null"),
    ("\"year\": 2023", "\"year\": 1975.5", "error $.input.year is 1975.5; expected a year or null"),
    ("\"user_id\": 1", "\"user_id\": -3", "error $.user_id is -3; expected a whole number from 1"),
    ("\"user_id\": 1", "\"user_id\": 1.0", "error $.user_id is 1.0; expected a whole number from 1"),
    ("6375.555445", "-5", "error $.timing.total_seconds is -5; expected seconds from 0, or null"),
    ("6375.555445", "NaN", "error $.timing.total_seconds is NaN; expected seconds from 0, or null"),
    (
      "\"stage_name\": \"demux\"", "\"stage_name\": \"asr\"",
      "error $.stages.demux.stage_name is \"asr\"; expected \"demux\""
    ),
    (
      "\"stage_number\": 1", "\"stage_number\": \"one\"",
      "error $.stages.demux.stage_number is \"one\"; expected a whole number from 1"
    ),
    (
      "\"job_id\": \"20251030-001\",\n      \"user_id\": 1", "\"job_id\": \"20251030-002\", \"user_id\": 1",
      "error $.stages.demux.job_id is \"20251030-002\"; expected that of the job, 20251030-001"
    ),
    (
      "\n      \"user_id\": 1", "\n      \"user_id\": \"1\"",
      "error $.stages.demux.user_id is \"1\"; expected a whole number from 1"
    ),
    (
      "\n      \"user_id\": 1", "\n      \"user_id\": 2",
      "error $.stages.demux.user_id is 2; expected that of the job, 1"
    ),
    (
      "\n      \"job_env_file\": ", "\n      \"job_env_file\": 5, \"other\": ",
      "error $.stages.demux.job_env_file is 5; expected a path"
    ),
    (
      "\"description\": \"Input video file\"", "\"description\": {}",
      "error $.stages.demux.input_files[0].description is an object; expected a text"
    ),
    (
      "\"current_stage\": null", "\"current_stage\": 7",
      "error $.pipeline.current_stage is 7; expected a stage's name or null"
    ),
    ("T17:30:45.678901", "T12:30:45.678901", "error $.timing.completed_at is before started_at"),
    (
      "T17:30:45.678901", "T15:30:45.678901",
      "warning $.timing.completed_at is before started_at; was the clock set back?"
    ),
    (
      "30.123456\",\n  \"job_id", "30.123456Z\",\n  \"job_id",
      "warning $.created_at has a zone; expected local time without one"
    ),
    ("[\"demux\", ", "[", "warning $.pipeline.completed_stages does not name demux, whose status is success"),
    ("[\"demux\", ", "[\"demux\", \"demux\", ", "warning $.pipeline.completed_stages[1] names demux once more"),
    ("\"metadata\": {", "\"metadata\": [], \"more\": {", "error $.stages.demux.metadata is a list; expected an object"),
    (
      "\"exists\": true", "\"exists\": \"yes\"",
      "error $.stages.demux.input_files[0].exists is \"yes\"; expected true or false"
    ),
    (
      "\"input_files\": [", "\"input_files\": [7, ",
      "error $.stages.demux.input_files[0] is a number; expected an object with key and path"
    ),
    ("16000,", "1e999,", "error $.stages.demux.metadata.sample_rate is 1e999, more than a number can be"),
    (
      "\"version\"", "\"version\": \"1.0.0\", \"version\"",
      "error $.version stands there twice; most readers take the last"
    ),
  ])
  func `name what cannot be meant, and what it is`(old: String, new: String, finding: String) throws {
    #expect(try documented(old, new) == [finding])
  }

  @Test func `name bytes that are no text, and a mark before the document`() throws {
    let site = try TemporaryWorkspace()
    let text = Array(Manifests.documented.utf8)
    let at = try #require(text.firstRange(of: "Movie Name".utf8)).lowerBound
    let path = site.path("manifest.json")
    try DurableFile.write([0xEF, 0xBB, 0xBF] + text[..<at] + [0xFF] + text[(at + 1)...], to: path)
    let found = try Manifest.findings(ofFileAt: path).map { "\($0.path) \($0.message)" }
    #expect(found.first?.hasPrefix("$ begins with a byte-order mark") == true, "\(found)")
    #expect(found.contains("$.input.title holds bytes that are no UTF-8"), "\(found)")
  }

  @Test(arguments: [
    ("Movie Name", "Movie\nName", "$ holds a control character in the string on line 9, as it is"),
    ("Movie Name", "Movie\\q", "$.input.title holds a backslash that begins no escape of JSON"),
    ("Movie Name", "\\u12", "$.input.title holds a backslash that begins no escape of JSON"),
    ("\"title\"", "\"ti\\q\": 1, \"title\"", "$.input.ti\\q holds a backslash that begins no escape of JSON"),
    ("Movie Name", #"Movie \"\\\/\b\f\n\r\t\u00e9\ud800"#, ""),
  ])
  func `name strings that only some readers of JSON take`(old: String, new: String, finding: String) throws {
    let site = try TemporaryWorkspace()
    try #require(Manifests.documented.contains(old))
    let path = site.path("manifest.json")
    try DurableFile.write(Array(Manifests.documented.replacing(old, with: new, maxReplacements: 1).utf8), to: path)
    let found = try Manifest.findings(ofFileAt: path).filter { $0.path != "$.stages.demux.outputs.audio.path" }
    #expect(found.count == (finding.isEmpty ? 0 : 1), "\(found)")
    #expect(found.allSatisfy { "\($0.path) \($0.message)".hasPrefix(finding) }, "\(found)")
  }

  @Test func `come in spite of names that no path can hold`() throws {
    var manifest = Manifest(document: try JSON(parsing: Manifests.documented.utf8))
    manifest.document["stages"]?["demux"]?["outputs"] = ["x": ["path": .string("a\0b"), "exists": .bool(true)]]
    #expect(manifest.findings(in: "/nowhere").map(\.path) == ["$.stages.demux.outputs.x.path"])
  }
}
