import Jobs
import Testing

/// `cpwx job`: what scripts and people get.
struct JobCommandTests {
  private static let keys: Set = [
    "job_id", "user_id", "title", "year", "status", "stage", "input", "created_at", "completed_at",
    "output_dir",
    "archive",
  ]

  private func finished(_ body: (TestWorkspace) throws -> Void) throws {
    let stages: [Stage] = [.making("demux"), Stage("asr", script: "echo no memory; exit 3")]
    try TestWorkspace.with(stages) { workspace in
      try workspace.film("शोले (1975).mp4")
      try workspace.cpwx("run")
      try body(workspace)
    }
  }

  private func json(_ workspace: TestWorkspace, _ arguments: String...) throws -> JSON {
    let outcome = try workspace.start([CPWX.path] + arguments + ["--format", "json"]).wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    return try JSON(parsing: outcome.output.utf8)
  }

  @Test func `list has the documented keys, newest first, null where unknown`() throws {
    try finished { workspace in
      try workspace.cpwx("job", "create")
      let rows = try #require(try json(workspace, "job", "list").array)
      try #require(rows.count == 2)
      for row in rows { #expect(row.keys.isSuperset(of: Self.keys)) }
      // Midnight may have passed between them.
      let days = rows.map { $0["job_id"]?.string?.prefix(8) }
      let numbers: [Substring?] = days[0] == days[1] ? ["002", "001"] : ["001", "001"]
      #expect(rows.map { $0["job_id"]?.string?.suffix(3) } == numbers)
      #expect(days[0] ?? "" >= days[1] ?? "")
      #expect(rows.map { $0["status"]?.string } == ["pending", "failed"])
      #expect(rows[0]["title"]?.isNull == true)
      #expect(rows[1]["title"]?.string == "शोले")
      #expect(rows[1]["year"]?.int == 1975)
      #expect(rows[1]["stage"]?.string == "asr")
      let streamed = try workspace.cpwx("job", "list", "--format", "ndjson").lines
      #expect(try streamed.map { try JSON(parsing: $0.utf8) } == rows)
      #expect(try workspace.cpwx("job", "list", "--limit", "1").lines.count == 2)
    }
  }

  @Test func `a table's columns stand under their headings, Devanagari too`() throws {
    try finished { workspace in
      let table = try workspace.cpwx("job", "list").lines
      try #require(table.count == 2)
      #expect(table[0].split(separator: " ").first == "JOB")
      #expect(table[1].contains("failed"))
      #expect(table[1].contains("शोले"))
    }
  }

  @Test func `show has the documented keys and the stages'`() throws {
    try finished { workspace in
      let job = try json(workspace, "job", "show", "latest")
      #expect(job.keys.isSuperset(of: Self.keys.union(["stages"])))
      let stages = try #require(job["stages"]?.array)
      let stageKeys: Set = ["stage_name", "stage_number", "status", "attempt", "duration_seconds", "error"]
      for stage in stages { #expect(stage.keys.isSuperset(of: stageKeys)) }
      #expect(stages.map { $0["stage_name"]?.string } == ["demux", "asr"])
      #expect(stages.map { $0["status"]?.string } == ["success", "failed"])
      #expect(stages[1]["error"]?.string == "no memory")
      let table = try workspace.cpwx("job", "show", "latest").output
      for part in ["शोले", "demux", "success", "asr", "failed", "no memory"] { #expect(table.contains(part)) }
    }
  }

  @Test func `times are of the clock of who made the job, and say so to others`() throws {
    try TestWorkspace.with { workspace in
      let maker = ["TZ": "Asia/Kolkata"]
      #expect(try workspace.cpwx("job", "create", environment: maker).code == 0)
      for (zone, offset) in [("Asia/Kolkata", false), ("America/New_York", true)] {
        let reader = ["TZ": zone]
        let shown = try workspace.cpwx("job", "show", "latest", environment: reader)
        let created = try #require(shown.lines.first { $0.contains("Created") })
        #expect(created.contains("just now") || created.contains(" s ago") || created.contains("1 min ago"))
        #expect(created.contains("+05:30") == offset)
        #expect(try workspace.cpwx("job", "list", environment: reader).output.contains("+05:30") == offset)
      }
    }
  }

  @Test func `create prints the bare id, or the documented job_info`() throws {
    try TestWorkspace.with(config: ["# mine", "WHISPER_MODEL='large-v3'"]) { workspace in
      let id = try workspace.cpwx("job", "create").output
      #expect(id.wholeMatch(of: /\d{8}-001\n/) != nil)
      let info = try json(workspace, "job", "create", "--user", "2")
      let number = try #require(info["job_id"]?.string)
      let place =
        "\(number.prefix(4))/\(number.dropFirst(4).prefix(2))/\(number.dropFirst(6).prefix(2))/2/\(number)"
      #expect(info["user_id"]?.int == 2)
      #expect(info["created_at"]?.string?.contains(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/) == true)
      #expect(info["output_dir"]?.string == "out/\(place)")
      #expect(info["log_dir"]?.string == "logs/\(place)")
      #expect(info["env_file"]?.string == "config/.env.job_\(number)")
      #expect(info["env_backup"]?.string == "out/\(place)/job.env")
      #expect(try JSON(parsing: try workspace.bytes("out/\(place)/job_info.json")) == info)
      let env = try workspace.read("out/\(place)/job.env")
      #expect(env.hasPrefix("# mine\nWHISPER_MODEL='large-v3'\n"))
      #expect(env.contains("JOB_ID=\(number)\n") && env.contains("USER_ID=2\n"))
      #expect(try workspace.read("config/.env.job_\(number)") == env)
    }
  }

  @Test func `a job is named by its id, a prefix, latest, or a path in it`() throws {
    try finished { workspace in
      let job = try workspace.job()
      let id = String(job.suffix(12))
      for name in [id, String(id.prefix(6)), "latest", job, job + "/demux.out", try workspace.logFolder()] {
        #expect(try workspace.cpwx("job", "path", name).output == job + "\n", "\(name)")
      }
      #expect(try workspace.cpwx("job", "path", "--logs", id).output == (try workspace.logFolder()) + "\n")
      let other = try #require(try workspace.cpwx("job", "create").lines.first)
      for verb in ["path", "show", "logs", "why", "env"] {
        let several = try workspace.cpwx("job", verb, String(id.prefix(6)))
        #expect(several.code == 64 && several.output == "", "\(verb)")
        #expect(several.errors.contains(id) && several.errors.contains(other), "\(verb): \(several.errors)")
      }
    }
  }

  @Test func `logs are the orchestrator's, then the stages' in order`() throws {
    try finished { workspace in
      let all = try workspace.cpwx("job", "logs", "latest").output
      let heads = all.split(separator: "\n").filter { $0.hasPrefix("==> ") }
      try #require(heads.count == 3)
      #expect(heads[0].hasPrefix("==> orchestrator_"))
      #expect(heads[1...] == ["==> demux.log <==", "==> asr.log <=="])
      #expect(try workspace.cpwx("job", "logs", "latest", "--stage", "asr").output.contains("no memory"))
      let none = try workspace.cpwx("job", "logs", "latest", "--stage", "mux")
      #expect(none.code == 64)
      #expect(none.errors.contains("asr"))
    }
  }

  @Test(arguments: ["show", "logs", "env", "path"])
  func `an unknown job is a mistake of usage`(verb: String) throws {
    try finished { workspace in
      let outcome = try workspace.cpwx("job", verb, "20010101-001")
      #expect(outcome.code == 64)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.contains("20010101-001"))
    }
  }

  @Test func `a result that cannot be written is an error of output`() throws {
    try finished { workspace in
      let command = "\"$0\" job list > /dev/full"
      let full = try workspace.start(["sh", "-c", command, CPWX.path]).wait()
      #expect(full.code == 74)
    }
  }

  @Test func `the format can come from the environment`() throws {
    try finished { workspace in
      let listed = try workspace.cpwx("job", "list", environment: ["CPWX_FORMAT": "json"])
      #expect(try JSON(parsing: listed.output.utf8).array?.count == 1)
      #expect(try workspace.cpwx("job", "list", environment: ["CPWX_FORMAT": "xml"]).code == 64)
    }
  }
}
