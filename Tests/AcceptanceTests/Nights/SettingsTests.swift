import Foundation
import Jobs
import Testing

/// Settings are looked at before the night: a mistake is told of once, and no job gets it.
struct SettingsTests {
  private static let switched = Stage.making("one", fields: ["enabled: STEP_ONE"])

  @Test(arguments: [
    ["STEP_ONE=nope"], ["MAX_RETRIES=abc"], ["MAX_RETRIES=-1"], ["RETRY_DELAY_SECONDS=1h"], ["SUBTITLE_MAX_LINES=0"],
    ["WHISPER_TASK=transkribe"], ["AUDIO_SAMPLE_RATE=fast"], ["USER_ID=none"],
    ["DIARIZATION_MIN_SPEAKERS=5", "DIARIZATION_MAX_SPEAKERS=2"], ["SECRETS_PATH=config/secrets.json"],
  ])
  func `a mistake of the configuration ends a run before any job is made, and correcting it is enough`(
    config: [String]
  ) throws {
    try TestWorkspace.with([Self.switched], config: config) { workspace in
      for name in ["a", "b", "c"] { try workspace.film("\(name).mp4", holding: name) }
      try workspace.write("config/secrets.json", "{\"hf_token\": ")
      let before = workspace.tree()
      for arguments in [["run", "-n"], ["run"], ["job", "create"]] {
        let run = try workspace.start([CPWX.path] + arguments).wait()
        #expect(run.code == 78, "\(run.errors)")
        #expect(run.output.isEmpty)
        let key = try #require(config.last?.split(separator: "=").first)
        #expect(run.errors.components(separatedBy: "\(key) ").count == 2, "\(run.errors)")
        #expect(run.errors.contains("config/.env: ") && run.errors.contains("--config"), "\(run.errors)")
        #expect(workspace.tree() == before)
      }
      try workspace.write("config/.env", "")
      #expect(try workspace.cpwx("run").code == 0)
      #expect(workspace.jobs.count == 3)
    }
  }

  @Test func `settings in UTF-16 are refused with what makes them UTF-8, wherever they stand`() throws {
    let wide = try #require("KNOB=wide\n".data(using: .utf16))
    try TestWorkspace.with([.making("one")], config: ["KNOB=narrow"]) { workspace in
      for name in ["a", "b"] { try workspace.film("\(name).mp4", holding: name) }
      func expectRefusal(of file: String, _ run: Outcome) {
        #expect(run.code == 78, "\(run.errors)")
        let line = run.errors.split(separator: "\n").first { $0.contains("it is text in UTF-16; expected UTF-8") }
        #expect(line?.contains(workspace.path(file) + ": ") == true, "\(run.errors)")
        #expect(run.errors.contains("iconv -f UTF-16 -t UTF-8 \(workspace.path(file))"), "\(run.errors)")
      }
      try workspace.write("other.env", wide)
      let before = workspace.tree()
      expectRefusal(of: "other.env", try workspace.cpwx("run", "--config", "other.env"))
      #expect(workspace.tree() == before)
      // Of one film alone: the other one is done.
      try workspace.write("in/a.mp4.env", wide)
      expectRefusal(of: "in/a.mp4.env", try workspace.cpwx("run"))
      #expect(try workspace.manifest()["input"]?["file"]?.string == "in/b.mp4")
      try workspace.remove("in/a.mp4.env")
      #expect(try workspace.cpwx("run", "in/a.mp4").code == 0)
      let job = workspace.jobs[1]
      try workspace.remove(job + "/one.out")
      try workspace.write(job + "/job.env", wide)
      let file = String(job.dropFirst(workspace.root.count + 1)) + "/job.env"
      expectRefusal(of: file, try workspace.cpwx("run", "in/a.mp4"))
      #expect(try workspace.bytes(job + "/job.env") == wide)
      try workspace.write("config/.env", wide)
      let standing = workspace.tree()
      for arguments in [["run"], ["run", "-n"], ["job", "create"], ["job", "list"]] {
        expectRefusal(of: "config/.env", try workspace.start([CPWX.path] + arguments).wait())
      }
      let checkup = try workspace.cpwx("doctor", "--format", "ndjson")
      #expect(checkup.code == 1)
      #expect(checkup.output.contains("it is text in UTF-16; expected UTF-8"), "\(checkup.output)")
      #expect(workspace.tree() == standing)
    }
  }

  @Test func `a byte-order mark before the settings is none of them, and stays`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.write("config/.env", "\u{FEFF}KNOB=marked\n")
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      #expect(try workspace.read(try workspace.job() + "/one.out") == "one marked\n")
      #expect(try workspace.bytes(try workspace.job() + "/job.env").starts(with: [0xEF, 0xBB, 0xBF]))
    }
  }

  @Test func `a value that is no UTF-8 reaches a stage byte for byte, and another one runs it again`() throws {
    let stage = Stage("one", outputs: ["knob"], fields: ["env: [KNOB]"], script: "printf %s \"$KNOB\" > \"$1/knob\"")
    try TestWorkspace.with([stage]) { workspace in
      try workspace.write("config/.env", Data("NAME=caf".utf8) + [0xE9] + Data("\nKNOB=\"le ${NAME}\"\n".utf8))
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let job = try workspace.job()
      #expect(try workspace.bytes(job + "/knob") == Data("le caf".utf8) + [0xE9])
      let env = try workspace.bytes(job + "/job.env")
      try workspace.write(job + "/job.env", Data(env.map { $0 == 0xE9 ? 0xE8 : $0 }))
      for _ in 1...2 { #expect(try workspace.cpwx("run", "--resume", "latest").code == 0) }
      #expect(try workspace.bytes(job + "/knob") == Data("le caf".utf8) + [0xE8])
      #expect(workspace.runs == ["one", "one"])
    }
  }

  @Test func `a variable of the caller's that is no UTF-8 reaches stages and notices byte for byte`() throws {
    let stage = Stage(
      "one", outputs: ["said"], script: "printf '%s ' \"$MINE\" \"$KNOB\" \"$GAP\" > \"$1/said\"")
    let config = ["KNOB=le ${MINE}", "GAP=", "NOTIFY_COMMAND=printf %s \"$MINE\" > told"]
    try TestWorkspace.with([stage], config: config) { workspace in
      try workspace.film()
      let script = #"export MINE="$(printf 'caf\351')" GAP="$(printf '\377')"; exec "$0" run"#
      let run = try workspace.start(["sh", "-c", script, CPWX.path]).wait()
      #expect(run.code == 0, "\(run.errors)")
      let word: Data = Data("caf".utf8) + [0xE9]
      let said = word + Data(" le ".utf8) + word + [0x20, 0xFF, 0x20]
      #expect(try workspace.bytes(try workspace.job() + "/said") == said)
      #expect(try workspace.bytes("told") == word)
    }
  }

  @Test func `all mistakes are told of at once`() throws {
    try TestWorkspace.with(config: ["STEP_MUX=maybe", "LOG_LEVEL=loud"]) { workspace in
      let run = try workspace.cpwx("run")
      for part in ["STEP_MUX is \"maybe\"", "LOG_LEVEL is \"loud\"", "STEP_MUX: expected true or false"] {
        #expect(run.errors.contains(part), "\(run.errors)")
      }
    }
  }

  @Test func `a mistake beside a film keeps that film from having a job, and no other`() throws {
    try TestWorkspace.with([Self.switched]) { workspace in
      for name in ["a", "b"] { try workspace.film("\(name).mp4", holding: name) }
      try workspace.write("in/a.mp4.env", "STEP_ONE=nope\n")
      let run = try workspace.cpwx("run")
      #expect(run.code == 78)
      #expect(run.errors.contains("in/a.mp4.env: STEP_ONE is \"nope\""), "\(run.errors)")
      #expect(try workspace.manifest()["input"]?["file"]?.string == "in/b.mp4")
    }
  }

  @Test func `a job that has not begun takes the settings of now, and one that has keeps its own`() throws {
    try TestWorkspace.with([.making("one"), .gate()], config: ["KNOB=old"]) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      let job = try workspace.job()
      try workspace.write("config/.env", "KNOB=new\n")
      try workspace.cpwx("run")
      #expect(try workspace.read(job + "/job.env").hasPrefix("KNOB=old\n"))
      // As it is where the machine stops after the job is made and before it begins.
      var manifest = try workspace.manifest()
      manifest["stages"] = .object(.init())
      manifest["history"] = nil
      manifest["pipeline"] = [
        "status": .string("pending"), "current_stage": .null, "completed_stages": .array([]),
        "failed_stages": .array([]),
      ]
      try workspace.write(job + "/manifest.json", Data(manifest.bytes()))
      try workspace.cpwx("run")
      #expect(workspace.jobs == [job])
      #expect(try workspace.read(job + "/job.env").hasPrefix("KNOB=new\n"))
      #expect(try workspace.read(job + "/one.out") == "one new\n")
    }
  }

  @Test func `a mistake in a job's own settings is told of without beginning, and with what to do`() throws {
    try TestWorkspace.with([Self.switched, .gate()]) { workspace in
      let film = try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      let job = try workspace.job()
      try workspace.write(job + "/job.env", try workspace.read(job + "/job.env") + "STEP_ONE=nope\n")
      let manifest = try workspace.bytes(job + "/manifest.json")
      try workspace.write("open", "")
      let run = try workspace.cpwx("run")
      #expect(run.code == 78)
      #expect(run.errors.contains("job.env: STEP_ONE is \"nope\"") && run.errors.contains("--config"), "\(run.errors)")
      #expect(!run.errors.contains("failed after"))
      #expect(try workspace.bytes(job + "/manifest.json") == manifest)
      #expect(try workspace.cpwx("run", "--config", "config/.env", film).code == 0)
    }
  }

  @Test func `a user that is none is a mistake of usage, said once`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for name in ["a", "b"] { try workspace.film("\(name).mp4", holding: name) }
      for arguments in [
        ["run", "--user", "0"], ["run", "-n", "--user", "0"], ["run", "-n", "in/a.mp4", "config/.env", "0"],
        ["run", "--user", "-1"], ["job", "create", "--user", "-1"],
      ] {
        let run = try workspace.start([CPWX.path] + arguments).wait()
        #expect(run.code == 64)
        #expect(run.errors.components(separatedBy: "user id").count == 2, "\(run.errors)")
      }
      #expect(workspace.jobs.isEmpty)
    }
  }

  @Test func `metrics that cannot be written are told of before the night`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      try workspace.film()
      let run = try workspace.cpwx("run", "--metrics", "nowhere/x.prom")
      #expect(run.code == 74)
      #expect(run.errors.contains("nowhere/x.prom"))
      #expect(workspace.jobs.isEmpty)
    }
  }

  @Test func `where there is no film that is said, and an empty one that was named is not done`() throws {
    try TestWorkspace.with([.making("one")]) { workspace in
      for arguments in [["run"], ["run", "-n"]] {
        let run = try workspace.start([CPWX.path] + arguments).wait()
        #expect(run.code == 0)
        #expect(run.errors.contains("No film is there: in."), "\(run.errors)")
      }
      try workspace.film("zero.mkv", holding: "")
      #expect(try workspace.cpwx("run", "in/zero.mkv").code == 65)
      #expect(try workspace.cpwx("run").code == 0)
    }
  }

  @Test func `a film that an old job names as its containers saw it has that job`() throws {
    try TestWorkspace.with([.making("one"), .gate()]) { workspace in
      try workspace.film("a.mp4", holding: "a")
      #expect(try workspace.cpwx("run").code == 1)
      let job = try workspace.job()
      var manifest = try workspace.manifest()
      manifest["input"] = ["file": .string("/app/in/a.mp4"), "title": .string("A"), "year": .null]
      try workspace.write(job + "/manifest.json", Data(manifest.bytes()))
      try workspace.remove(job + "/job_info.json")
      try workspace.write("open", "")
      let run = try workspace.cpwx("run")
      #expect(run.code == 0, "\(run.errors)")
      #expect(workspace.jobs == [job])
      #expect(try workspace.manifest()["pipeline"]?["status"]?.string == "completed")
    }
  }
}
