import Jobs
import Testing

/// Secret values stay in the job's env file, whatever a stage prints.
struct SecretTests {
  private static let secrets = [
    "TMDB_API_KEY": "kestrel-9341", "HF_TOKEN": "kestrel-9341-longer", "X_PASSWORD": "pass word 77",
  ]
  private static let fromFile = ["json-value-one", "json-value-deep"]
  private static let outer = ["OUTER_TOKEN": "only-in-the-shell", "SHELL_VALUE": "expanded-from-shell"]

  private static var config: [String] {
    secrets.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }
      + ["SECRETS_PATH=config/secrets.json", "VIA_TOKEN=${SHELL_VALUE}"]
  }

  /// Writes every secret in every way that could slip through.
  private static let blabber = """
    import os, sys, time, json
    def say(data, stream=1): os.write(stream, data.encode())
    values = [os.environ[k] for k in ("TMDB_API_KEY", "HF_TOKEN", "X_PASSWORD", "OUTER_TOKEN", "VIA_TOKEN")]
    values += ["json-value-one", "json-value-deep"]
    for value in values:
        say("whole " + value + " end\\n")
        say("two " + value[:5]); time.sleep(0.03); say(value[5:] + " end\\n")
        say("streams " + value[:5]); say(value[5:] + " end\\n", 2)
        say("bytes ")
        for byte in value: say(byte); time.sleep(0.001)
        say(" end\\n" + value + "\\n" + value + value + "\\r\\n\\t" + value + "\\n")
        say("url?api_key=" + value + "&x=1 \\"" + value + "\\"\\n")
        say("cpwx:progress 0.5 " + value + "\\n")
        say("almost " + value[:-1] + "\\n")
    say("last " + values[0])
    """

  private func blab(ending: String, _ body: (TestWorkspace, Outcome) throws -> Void) throws {
    let stages = [
      Stage("blab", script: "python3 -u blab.py"), Stage("tail", script: "printf 'tail '; \(ending)"),
    ]
    try TestWorkspace.with(stages, config: Self.config) { workspace in
      try workspace.write("blab.py", Self.blabber)
      try workspace.write(
        "config/secrets.json", #"{"hf_token": "json-value-one", "more": {"list": ["json-value-deep"]}}"#)
      try workspace.film()
      try body(workspace, try workspace.cpwx("run", environment: Self.outer))
    }
  }

  @Test func `what is said before the job's own secrets are known is masked in its log, too`() throws {
    // A secret that the workspace's own path holds is said with that.
    try TestWorkspace.with([.gate()], config: ["FILMS_TOKEN=kestrel-9341"], named: "kestrel-9341") { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      try workspace.write(try workspace.job() + "/job.env", "")
      #expect(try workspace.cpwx("run").code == 1)
      let logs = try workspace.logFolder()
      let said = try workspace.tree(logs).filter { $0.hasPrefix("orchestrator_") }.map {
        try workspace.read("\(logs)/\($0)")
      }.joined()
      #expect(said.contains("job.env was gone or empty"), "\(said)")
      #expect(!said.contains("kestrel"), "\(said)")
    }
  }

  @Test func `no secret value reaches a log, the manifest, or the terminal`() throws {
    try blab(ending: "printf \"$X_PASSWORD\"; exit 5") { workspace, run in
      #expect(run.code == 1)
      let values = Self.secrets.values + Self.fromFile + Self.outer.values
      var places = [("standard output", run.output), ("standard error", run.errors)]
      for file in workspace.tree("logs") where file.hasSuffix(".log") {
        places.append((file, try workspace.read("logs/" + file)))
      }
      for file in ["manifest.json", "job_info.json"] {
        places.append((file, try workspace.read(try workspace.job() + "/" + file)))
      }
      places.append(("job show", try workspace.cpwx("job", "show", "latest", "--format", "json").output))
      places.append(("job logs", try workspace.cpwx("job", "logs", "latest").output))
      places.append(("job env", try workspace.cpwx("job", "env", "latest", environment: Self.outer).output))
      for (place, text) in places {
        for value in values { #expect(!text.contains(value), "\(value) stands in \(place)") }
      }
    }
  }

  @Test func `what is no secret stays readable between the masks`() throws {
    try blab(ending: "exit 0") { workspace, run in
      #expect(run.code == 0, "\(run.errors)")
      let log = try workspace.log("blab")
      #expect(
        log.contains("whole ******** end\ntwo ******** end\nstreams ******** end\nbytes ******** end\n"))
      #expect(log.contains("almost kestrel-934\n"))
      #expect(log.hasSuffix("last ********") || log.hasSuffix("last ********\n"))
      #expect(!log.contains("cpwx:progress"))
    }
  }

  /// Everything that cpwx has written, but the files that are to hold the settings.
  private func written(_ workspace: TestWorkspace) throws -> [(place: String, text: String)] {
    let files = workspace.tree("out").map { "out/" + $0 } + workspace.tree("logs").map { "logs/" + $0 }
    return try files.filter {
      !$0.hasSuffix("/job.env") && !$0.hasSuffix("/pipeline.yaml") && (try? workspace.bytes($0)) != nil
    }
    .map { ($0, try workspace.read($0)) }
  }

  @Test func `a secret in the name of a program that cannot be started is masked everywhere`() throws {
    try TestWorkspace.with(config: Self.config) { workspace in
      try workspace.write(
        "config/pipeline.yaml", "stages:\n  - {name: one, number: 1, command: [/nowhere/kestrel-9341]}\n")
      try workspace.film()
      let run = try workspace.cpwx("run")
      #expect(run.code == 69)
      #expect((run.output + run.errors).contains("/nowhere/******** cannot be started"))
      var places = try written(workspace) + [("standard output", run.output), ("standard error", run.errors)]
      for table in ["jobs", "stages", "history"] {
        let sql = ["sqlite3", "-readonly", ".cpwx/index.sqlite", "SELECT * FROM \(table)"]
        places.append((table, try workspace.start(sql).wait().output))
      }
      for (place, text) in places { #expect(!text.contains("kestrel-9341"), "\(place)") }
    }
  }

  @Test func `a secret in a film's name is masked in logs, in the batch's record and in what is shown of the run`()
    throws
  {
    try TestWorkspace.with([Stage("fail", script: "exit 3")], config: Self.config) { workspace in
      try workspace.film("of kestrel-9341 (2001).mp4")
      let plan = try workspace.cpwx("run", "-n", "--format", "json")
      let events = try workspace.cpwx("run", "--format", "ndjson")
      let again = try workspace.cpwx("run")
      #expect(again.code == 1)
      let shown = [plan, events, again].flatMap { [("standard output", $0.output), ("standard error", $0.errors)] }
      // The job's own records name the film, so that it can go on.
      let kept = try written(workspace).filter { $0.place.hasPrefix("logs/") }
      #expect(kept.contains { $0.place.hasPrefix("logs/batches/") && $0.text.contains("in/of ********") })
      for (place, text) in shown + kept { #expect(!text.contains("kestrel-9341"), "\(place): \(text)") }
      #expect(try workspace.manifest()["input"]?["file"]?.string == "in/of kestrel-9341 (2001).mp4")
    }
  }

  @Test func `job env shows secrets only when asked to`() throws {
    try TestWorkspace.with(config: Self.config + ["SRC_LANG=hi"]) { workspace in
      try workspace.cpwx("job", "create")
      let masked = try workspace.cpwx("job", "env", "latest").lines
      #expect(masked.contains("TMDB_API_KEY=********"))
      #expect(masked.contains("SRC_LANG=hi"))
      let revealed = try workspace.cpwx("job", "env", "latest", "--reveal").lines
      #expect(revealed.contains("TMDB_API_KEY=kestrel-9341"))
      let json = try JSON(parsing: try workspace.cpwx("job", "env", "latest", "--format", "json").output.utf8)
      #expect(json["HF_TOKEN"]?.string == "********")
    }
  }

  @Test func `secrets of one to three characters leave a log readable, and are masked where they are known by name`()
    throws
  {
    let config = ["HF_TOKEN=ab", "X_PASSWORD=7", "Y_SECRET=abc"]
    try TestWorkspace.with([Stage("say", script: "echo 'cab 17 abc about 77'")], config: config) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      #expect(try workspace.log("say").contains("\ncab 17 abc about 77\n"))
      let shown = try workspace.cpwx("job", "env", "latest").lines
      for name in ["HF_TOKEN", "X_PASSWORD", "Y_SECRET"] { #expect(shown.contains("\(name)=********")) }
    }
  }

  @Test func `every text of the file that SECRETS_PATH names is masked, wherever that is set`() throws {
    let file = #"{"hf_token": "heron-11", "tmdb_api_key": "heron-22", "pyannote_token": "heron-33", "any": "heron-44"}"#
    let script = "echo heron-11 heron-22; printf 'heron-'; sleep 0.1; echo '33 end'; echo is heron-44"
    for isInFile in [true, false] {
      let setting = ["SECRETS_PATH": "config/keys.json"]
      let config = isInFile ? ["SECRETS_PATH=config/keys.json"] : ["A=1"]
      try TestWorkspace.with([Stage("say", script: script)], config: config) { workspace in
        try workspace.write("config/keys.json", file)
        try workspace.film()
        #expect(try workspace.cpwx("run", environment: isInFile ? [:] : setting).code == 0)
        let log = try workspace.log("say")
        #expect(log.contains("******** ********\n******** end\nis ********\n"), "\(isInFile): \(log)")
      }
    }
  }

  @Test func `job env files are for their owner alone, during a run and after`() throws {
    let stage = Stage("look", script: "stat -c %a config/.env.job_* \"$1/job.env\" > modes")
    try TestWorkspace.with([stage], config: Self.config) { workspace in
      try workspace.film()
      #expect(try workspace.cpwx("run", environment: ["SHELL_VALUE": ""]).code == 0)
      #expect(try workspace.read("modes") == "600\n600\n")
      for file in ["job.env", "pipeline.yaml"] {
        #expect(try workspace.mode(try workspace.job() + "/" + file) == 0o600, "\(file)")
      }
      #expect(!workspace.tree("config").contains { $0.hasPrefix(".env.job") })
    }
  }
}
