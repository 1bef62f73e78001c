import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Setup

struct `The check of the configuration` {
  @Test func `finds what cpwx init writes well`() throws {
    let results = try SetupSite().configChecks()
    #expect(results.map(\.check) == ["config", "pipeline"])
    #expect(results.notWell == [])
    #expect(results["pipeline"]?.message.hasSuffix("10 stages (built in)") == true)
  }

  @Test func `warns when there is none, and still looks at the pipeline`() throws {
    let site = try SetupSite()
    try FileManager.default.removeItem(atPath: site.folder.path("config/.env").string)
    let results = try site.configChecks()
    #expect(results.map(\.check) == ["config", "pipeline"])
    #expect(results["config"]?.status == .warning)
    #expect(results["config"]?.message.contains("\(site.folder.path("config/.env")) is missing") == true)
  }

  @Test(arguments: [
    ("STEP_ASR", "maybe"), ("STEP_DEMUX", "2"), ("SUBTITLE_SPEAKER_LABELS", "ja"), ("USER_ID", "0"), ("USER_ID", "one"),
    ("USER_ID", "-1"), ("MAX_RETRIES", "-1"), ("MAX_RETRIES", "101"), ("MAX_RETRIES", "1.5"),
    ("RETRY_DELAY_SECONDS", "-0.1"), ("RETRY_DELAY_SECONDS", "soon"), ("RETRY_DELAY_SECONDS", "inf"),
    ("RETRY_DELAY_SECONDS", "nan"), ("SUBTITLE_MAX_LINE_LENGTH", "1"), ("SUBTITLE_MAX_LINE_LENGTH", "501"),
    ("SUBTITLE_MAX_LINES", "0"), ("SUBTITLE_MAX_LINES", "21"), ("DIARIZATION_MIN_SPEAKERS", "0"),
    ("DIARIZATION_MAX_SPEAKERS", "101"), ("AUDIO_SAMPLE_RATE", "7999"), ("AUDIO_SAMPLE_RATE", "16 kHz"),
    ("AUDIO_CHANNELS", "9"), ("AUDIO_TRACK", "0"), ("VAD_THRESHOLD", "1.1"), ("VAD_MIN_SPEECH_MS", "0.5"),
    ("VAD_MIN_SILENCE_MS", "60001"), ("LOG_LEVEL", "loud"), ("WHISPER_TASK", "summarise"),
    ("TMDB_BASE_URL", "notaurl"), ("TMDB_BASE_URL", "https://"),
  ])
  func `refuses a value that cannot be meant, and says what may stand there`(key: String, value: String) throws {
    let results = try SetupSite(config: "\(key)=\(value)\n").configChecks()
    let result = try #require(results.first { $0.check == "config \(key)" && $0.status == .error })
    #expect(result.message == "is \"\(value)\"")
    #expect(result.remedy?.hasPrefix("Expected ") == true)
  }

  @Test(arguments: [
    ("STEP_DEMUX", "No"), ("SUBTITLE_SPEAKER_LABELS", "1"), ("USER_ID", "1"), ("MAX_RETRIES", "0"),
    ("MAX_RETRIES", "100"), ("RETRY_DELAY_SECONDS", "0.5"), ("SUBTITLE_MAX_LINE_LENGTH", "2"),
    ("SUBTITLE_MAX_LINES", "20"), ("DIARIZATION_MIN_SPEAKERS", "100"), ("AUDIO_SAMPLE_RATE", "192000"),
    ("AUDIO_CHANNELS", "8"), ("AUDIO_TRACK", "999"), ("VAD_THRESHOLD", "0.5"), ("VAD_MIN_SPEECH_MS", "60000"),
    ("LOG_LEVEL", "WARNING"), ("WHISPER_TASK", "Translate"), ("USER_ID", ""), ("WHISPER_TASK", "''"),
    ("AUDIO_TRACK", "   # none"), ("TMDB_BASE_URL", "http://127.0.0.1:8080/3"), ("TMDB_BASE_URL", ""),
  ])
  func `takes the values that the stages take, and nothing for nothing`(key: String, value: String) throws {
    #expect(try SetupSite(config: "\(key)=\(value)\n").configChecks().notWell == [])
  }

  @Test func `judges values with their variables filled in`() throws {
    let site = try SetupSite(config: "USER_ID=${WHO:-7}\nAUDIO_CHANNELS=${COUNT}\n")
    #expect(try site.configChecks(["COUNT": "2"]).notWell == [])
    #expect(try site.configChecks(["COUNT": "many"])["config AUDIO_CHANNELS"]?.message == "is \"many\"")
  }

  @Test func `refuses bounds that leave no number of speakers`() throws {
    let crossed = try SetupSite(config: "DIARIZATION_MIN_SPEAKERS=3\nDIARIZATION_MAX_SPEAKERS=2\n")
    #expect(try crossed.configChecks().notWell.map(\.check) == ["config DIARIZATION_MAX_SPEAKERS"])
    let exact = try SetupSite(config: "DIARIZATION_MIN_SPEAKERS=2\nDIARIZATION_MAX_SPEAKERS=2\n")
    #expect(try exact.configChecks().notWell == [])
  }

  @Test func `reports every mistake of a configuration`() throws {
    let site = try SetupSite(config: "USER_ID=x\nLOG_LEVEL=loud\nSTEP_MUX=maybe\nAUDIO_TRACKS=1\n")
    #expect(
      try site.configChecks().map { "\($0.status) \($0.check)" } == [
        "ok config", "error config USER_ID", "error config LOG_LEVEL", "error config STEP_MUX",
        "warning config AUDIO_TRACKS", "ok pipeline",
      ])
  }

  @Test func `tells of lines that set nothing, and of quotes that do not close, and never what is in them`() throws {
    let config = "# fine\n\nA B=hidden\nMODEL_NAMES='one\ntwo'\nSRC_LANG=\"hi hidden\n  \nexport LOG_LEVEL\n"
    let found = try SetupSite(config: config).configChecks().notWell
    #expect(
      found.map { "\($0.status) \($0.check)" }.filter { !$0.contains("MODEL_NAMES") } == [
        "warning config line 3", "warning config SRC_LANG", "warning config line 8",
      ])
    #expect(found.contains { $0.message.hasPrefix("line 6: ") })
    #expect(!"\(found)".contains("hidden"))
  }

  @Test func `says that a token for Hugging Face is not needed, and never which it is`() throws {
    let results = try SetupSite(config: "HF_TOKEN=hf_abcdef\n").configChecks()
    #expect(results.notWell.map(\.check) == ["config HF_TOKEN"])
    #expect(results["config HF_TOKEN"]?.status == .warning)
    #expect(!"\(results)".contains("hf_abcdef"))
  }

  @Test(arguments: ["hf_token", "pyannote_token"])
  func `says the same of a token in the file of secrets`(name: String) throws {
    let site = try SetupSite(config: "SECRETS_PATH=config/secrets.json\n")
    try site.folder.file("config/secrets.json", #"{"\#(name)": "hf_abcdef", "tmdb_api_key": "0123456789"}"#)
    let results = try site.configChecks()
    #expect(results.notWell.map(\.check) == ["secrets \(name)"])
    #expect(!"\(results)".contains("hf_abcdef"))
    try site.folder.file("config/secrets.json", #"{"\#(name)": ""}"#)
    #expect(try site.configChecks().notWell == [])
  }
}

struct `A setting that nothing hears` {
  @Test(
    arguments: [
      ("STEP_WHISPER", "STEP_WHISPERX"), ("SCR_LANG", "SRC_LANG"), ("subtitle_title", "SUBTITLE_TITLE"),
      ("SOMETHING_ELSE_ENTIRELY", nil),
    ] as [(String, String?)])
  func `is a warning, with the key that was meant`(key: String, meant: String?) throws {
    let results = try SetupSite(config: "\(key)=true\n").configChecks()
    let result = try #require(results["config \(key)"])
    #expect(result.status == .warning)
    #expect(result.remedy?.contains("Did you mean") == (meant != nil))
    if let meant { #expect(result.remedy?.hasSuffix("Did you mean \(meant)?") == true) }
  }

  @Test func `is told in one line where all of a new workspace are of no use`() throws {
    let site = try SetupSite(config: "STEP_DEMUX=true\nSTEP_MUX=true\nSTEP_DIARIZATION=true\nSTEP_MUXX=true\n")
    try site.folder.file(
      "config/pipeline.yaml", "name: own\nstages:\n  - {name: colour, number: 1, command: ['true']}\n")
    let results = try site.configChecks()
    #expect(results.notWell.map(\.check) == ["config STEP_", "config STEP_MUXX"])
    #expect(results["config STEP_"]?.message.hasSuffix("STEP_DEMUX, STEP_MUX, STEP_DIARIZATION") == true)
  }

  @Test func `is one line for all that only the stages hear which ship, and what cpwx hears itself is none`() throws {
    let site = try SetupSite(config: "VAD_THRESHOLD=0.4\nSECRETS_PATH=\nLOG_LEVEL=INFO\nAUDIO_TRACK=2\nPALETTE=warm\n")
    try site.folder.file(
      "config/pipeline.yaml",
      "name: own\nstages:\n  - {name: colour, number: 1, command: ['true'], env: [PALETTE]}\n")
    let results = try site.configChecks()
    #expect(results.notWell.map(\.check) == ["config of the ten stages"])
    #expect(results["config of the ten stages"]?.message.contains(" VAD_THRESHOLD, AUDIO_TRACK;") == true)
  }

  @Test func `is known by the workspace's own pipeline`() throws {
    let site = try SetupSite(config: "STEP_COLOUR=true\nPALETTE=warm\nSTEP_MUX=true\nOTHER=1\nSRC_LANG=hi\n")
    try site.folder.file(
      "config/pipeline.yaml",
      "name: own\nstages:\n  - {name: colour, number: 1, command: ['true'], enabled: STEP_COLOUR, env: [PALETTE]}\n")
    let results = try site.configChecks()
    #expect(results.notWell.map(\.check) == ["config STEP_MUX", "config OTHER", "config SRC_LANG"])
    #expect(results["pipeline"]?.message == "own, 1 stages (\(site.folder.path("config/pipeline.yaml")))")
  }
}

struct `The check of the pipeline` {
  @Test func `names the lines that are wrong, and does not guess at settings then`() throws {
    let site = try SetupSite(config: "NOBODY_HEARS=1\n")
    let path = try site.folder.file(
      "config/pipeline.yaml", "stages:\n  - {name: a, number: one, command: ['true']}\n  - {name: b}\n")
    let results = try site.configChecks()
    #expect(results.map(\.check) == ["config", "pipeline"])
    let result = try #require(results["pipeline"])
    #expect(result.status == .error)
    #expect(result.message.contains("\(path):2:") && result.message.contains("\(path):3:"))
    #expect(result.remedy?.contains("Mend the lines") == true)
  }

  @Test func `names stages whose programs are not there, and leaves those of containers alone`() throws {
    let site = try SetupSite()
    try site.program("own.sh")
    try site.folder.file(
      "config/pipeline.yaml",
      """
      stages:
        - {name: a, number: 1, command: [nosuchprogram, x], service: a}
        - {name: b, number: 2, command: [bin/own.sh], service: b}
        - {name: c, number: 3, command: [bin/none.sh], service: c, critical: false}
        - {name: d, number: 4, command: ["true"], service: d}
      """)
    let results = try site.configChecks().filter { $0.check.hasPrefix("stage ") }
    #expect(results.map { "\($0.status) \($0.check)" } == ["error stage a", "warning stage c"])
    #expect(results[0].message.hasPrefix("nosuchprogram is not there"))
    #expect(try site.configChecks(["RUNNER": "docker"]).filter { $0.check.hasPrefix("stage ") } == [])
  }

  @Test func `fails for one that cannot be read`() throws {
    let site = try SetupSite()
    try site.folder.folder("config/pipeline.yaml")
    #expect(try site.configChecks()["pipeline"]?.status == .error)
  }
}
