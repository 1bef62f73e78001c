import Foundation
import Jobs
import Pipeline
import Testing

/// The settings that trees of the field have for the stages: each does something, or `cpwx doctor` says that it does not.
struct FieldSettingTests {
  private static let switches = [
    "STEP_DEMUX": "demux", "STEP_TMDB_METADATA": "tmdb", "STEP_PRE_ASR_NER": "pre_ner", "STEP_SILERO_VAD": "silero_vad",
    "STEP_PYANNOTE_VAD": "pyannote_vad", "STEP_DIARIZATION": "diarization", "STEP_WHISPERX": "asr",
    "STEP_POST_ASR_NER": "post_ner", "STEP_SUBTITLE_GEN": "subtitle_gen", "STEP_MUX": "mux",
  ]
  /// What cpwx hears itself, whatever the stages are.
  private static let ofEveryPipeline = ["MAX_RETRIES", "RETRY_DELAY_SECONDS", "SECRETS_PATH"]
  /// What a stage of the ten declares.
  private static let declared = ["TMDB_API_KEY": "tmdb", "SECRETS_PATH": "tmdb"]
  private static let ofNoStage = ["HF_TOKEN"]

  /// All of them, set.
  private static let config =
    switches.keys.sorted().map { "\($0)=false" } + [
      "MAX_RETRIES=1", "RETRY_DELAY_SECONDS=0.01", "TMDB_API_KEY=0123456789abcdef", "HF_TOKEN=hf_abcdef",
      "SECRETS_PATH=config/secrets.json",
    ]

  private static let all = Set(config.map { line in String(line.prefix { $0 != "=" }) })

  /// Those that doctor says nothing hears.
  private func told(_ workspace: TestWorkspace) throws -> Set<String> {
    var said: Set<String> = []
    for line in try workspace.cpwx("doctor", "--format", "ndjson").lines {
      let row = try JSON(parsing: Array(line.utf8))
      guard let check = row["check"]?.string, let message = row["message"]?.string else { continue }
      guard check.hasPrefix("config "), row["status"]?.string == "warning" else { continue }
      let words = "\(check) \(message)".split { !$0.isLetter && !$0.isNumber && $0 != "_" }
      said.formUnion(words.map { String($0) })
    }
    return Self.all.intersection(said)
  }

  @Test func `with the ten stages each does something, or doctor says that it does not`() throws {
    try TestWorkspace.with(config: Self.config) { workspace in
      try workspace.write("config/secrets.json", "{}")
      #expect(try told(workspace) == Set(Self.ofNoStage))
      for (key, stage) in Self.declared {
        #expect(try PipelineDefinition.standard.stage(stage)?.env.contains(key) == true, "\(key)")
      }
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      for (key, stage) in Self.switches {
        let record = try workspace.record(stage)
        #expect(record["status"]?.string == "skipped")
        #expect(record["reason"]?.string == "\(key)=false")
      }
    }
  }

  @Test func `with stages that declare none of them, doctor says so of all that cpwx does not hear itself`() throws {
    let stage = Stage("one", script: "exit 3")
    try TestWorkspace.with([stage], config: Self.config) { workspace in
      try workspace.write("config/secrets.json", #"{"hf_token": "kestrel-9341"}"#)
      #expect(try told(workspace) == Self.all.subtracting(Self.ofEveryPipeline))
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 1)
      #expect(workspace.runs == ["one", "one"])
      #expect(try workspace.record("one")["attempt"]?.int == 2)
    }
  }

  @Test func `a secret of the file that SECRETS_PATH names is masked in any stage's log`() throws {
    let stage = Stage("one", script: "cat config/secrets.json")
    try TestWorkspace.with([stage], config: ["SECRETS_PATH=config/secrets.json"]) { workspace in
      try workspace.write("config/secrets.json", #"{"pyannote_token": "kestrel-9341"}"#)
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let log = try workspace.log("one")
      #expect(log.contains("pyannote_token") && !log.contains("kestrel-9341"), "\(log)")
    }
  }

  @Test func `so is one of a file whose name is no UTF-8`() throws {
    try TestWorkspace.with([Stage("one", script: "cat \"$SECRETS_PATH\"")]) { workspace in
      try workspace.write("config/.env", Data("SECRETS_PATH=config/caf".utf8) + [0xE9, 0x0A])
      let script = #"printf '{"pyannote_token": "kestrel-9341"}' > "$(printf 'config/caf\351')""#
      #expect(try workspace.start(["sh", "-c", script]).wait().code == 0)
      try workspace.film()
      #expect(try workspace.cpwx("run").code == 0)
      let log = try workspace.log("one")
      #expect(log.contains("pyannote_token") && !log.contains("kestrel-9341"), "\(log)")
    }
  }
}
