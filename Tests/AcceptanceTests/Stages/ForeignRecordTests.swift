import Foundation
import Jobs
import Testing

/// Stages are foreign programs, and write what they like into manifest.json: secrets are masked where it is shown.
struct ForeignRecordTests {
  private static let config = [
    "TMDB_API_KEY=kestrel-9341", "X_PASSWORD='pa\"ss word'", "SECRETS_PATH=config/secrets.json",
    "PROXY=http://ada:heron-55@proxy",
  ]
  private static let leaks = ["kestrel-9341", "pa\"ss word", #"pa\"ss word"#, "json-value", "heron-55"]

  /// A job whose stage has recorded every secret wherever a stage can.
  private func job(_ body: (TestWorkspace, String) throws -> Void) throws {
    try TestWorkspace.with(config: Self.config) { workspace in
      try workspace.write("config/secrets.json", #"{"hf_token": "json-value"}"#)
      try workspace.cpwx("job", "create")
      let job = try workspace.job()
      let said = #"kestrel-9341, pa\"ss word, json-value, http://ada:heron-55@proxy"#
      try workspace.write(
        job + "/manifest.json",
        #"""
        {"version": "1.0.0", "created_at": "2025-10-30T15:44:30.123456", "job_id": "20251030-001", "user_id": 1,
         "input": {"file": "in/\#(said).mp4", "title": "\#(said)", "year": 2001}, "output_dir": "out",
         "stages": {"asr": {"status": "failed", "stage_number": 7, "duration_seconds": 1.5,
           "error": "first\nsaid \#(said)", "metadata": {"url": "\#(said)", "kestrel-9341": [{"deep": "\#(said)"}]},
           "outputs": {"kestrel-9341": {"path": "/none/\#(said)", "exists": true, "description": "\#(said)"}}},
          "odd": {"status": "\#(said)"}},
         "pipeline": {"status": "failed", "current_stage": null, "completed_stages": [], "failed_stages": ["asr"]}}
        """#)
      try body(workspace, job)
    }
  }

  private static let commands = [
    ["manifest", "show"], ["manifest", "outputs"], ["manifest", "validate"], ["job", "show"],
  ]

  private func expectMasked(_ workspace: TestWorkspace, _ subject: String, in place: String? = nil) throws {
    for command in Self.commands where place == nil || command[0] == "manifest" {
      for format in ["table", "json", "ndjson", "csv"] {
        let said = try workspace.cpwx(command[0], command[1], subject, "--format", format, in: place)
        let text = said.output + said.errors
        #expect(text.contains(Secrets.mask), "\(command) \(format): \(text)")
        for leak in Self.leaks { #expect(!text.contains(leak), "\(leak) stands in \(command) \(format)") }
      }
    }
  }

  @Test func `whatever shows a job's records masks its secrets`() throws {
    try job { workspace, _ in try expectMasked(workspace, "latest") }
  }

  @Test func `the secrets are those of the job, also when the configuration has others by now`() throws {
    try job { workspace, _ in
      try workspace.write("config/.env", "SECRETS_PATH=config/secrets.json\n")
      try expectMasked(workspace, "latest")
    }
  }

  @Test func `without a job env file they are those of the configuration`() throws {
    try job { workspace, job in
      try workspace.remove(job + "/job.env")
      try expectMasked(workspace, "latest")
      try FileManager.default.createDirectory(atPath: job + "/job.env", withIntermediateDirectories: false)
      try expectMasked(workspace, "latest")
    }
  }

  @Test func `a manifest that is named from elsewhere is masked with the secrets around it`() throws {
    try job { workspace, job in
      try expectMasked(workspace, job + "/manifest.json", in: "/")
      try workspace.remove(job + "/job.env")
      try expectMasked(workspace, job + "/manifest.json", in: "/")
    }
  }

  @Test func `names of fields and numbers stay, also where a setting is called like a secret`() throws {
    try TestWorkspace.with(config: ["SORT_KEY=title", "PIN_KEY=20012001"]) { workspace in
      try workspace.cpwx("job", "create")
      let job = try workspace.job()
      try workspace.write(
        job + "/manifest.json",
        #"{"input": {"title": "Sholay"}, "stages": {"a": {"status": "success", "metadata": {"n": 1.50, "p": 20012001}}}}"#
      )
      let shown = try JSON(parsing: try workspace.cpwx("manifest", "show", "latest", "--format", "json").output.utf8)
      #expect(shown["input"]?["title"]?.string == "Sholay")
      let metadata = shown["stages"]?["a"]?["metadata"]
      #expect(metadata?["n"] == .number("1.50"))
      #expect(metadata?["p"]?.string == Secrets.mask)
    }
  }

  @Test func `a secret with colours between its letters is masked where its error is told`() throws {
    let script =
      #"printf 'Bearer \033[31m%s\033[0m%s\n' "${TMDB_API_KEY%-*}" "${TMDB_API_KEY#kestrel}" >&2; exit 3"#
    try TestWorkspace.with([Stage("asr", script: script)], config: Self.config) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 1)
      for command in [["report"], ["job", "show", "latest"], ["job", "why", "latest"], ["job", "list"]] {
        let told = try workspace.start([CPWX.path] + command).wait().output
        #expect(told.contains("Bearer ********") && !told.contains("9341"), "\(command): \(told)")
      }
      #expect(run.errors.contains("Bearer ********") && !run.errors.contains("9341"), "\(run.errors)")
      #expect(try workspace.record("asr")["error"]?.string?.contains("9341") == false)
    }
  }

  @Test(arguments: ["skip_reason", "reason"])
  func `why a stage says that it had nothing to do is masked on the terminal and in the record`(key: String) throws {
    let script = """
      \(Stage.untilFollowed)
      python3 - "$1/manifest.json" <<'END'
      import json, sys
      manifest = json.load(open(sys.argv[1]))
      manifest["stages"]["idle"].update(status="skipped", \(key)="not with kestrel-9341")
      json.dump(manifest, open(sys.argv[1], "w"))
      END
      """
    try TestWorkspace.with([Stage("idle", script: script)], config: Self.config) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.errors.contains("not with ********"), "\(run.errors)")
      #expect(!(run.output + run.errors).contains("kestrel-9341"))
      for file in workspace.tree("logs") where file.hasSuffix(".log") {
        #expect(try !workspace.read("logs/" + file).contains("kestrel-9341"), "\(file)")
      }
      #expect(try workspace.record("idle")["reason"]?.string == "not with ********")
    }
  }
}
