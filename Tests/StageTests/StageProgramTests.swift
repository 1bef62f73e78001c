import Engines
import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import cpwx_stage

/// The program as scripts see it.
struct StageProgramTests {
  @Test(arguments: [
    (["demux"], 64), (["nonsense"], 64), (["asr", "/nowhere"], 64), (["mux", "a", "b"], 64), (["--help"], 0),
    (["pre-ner", "--help"], 0), (["pre_ner", "-h"], 0), (["--version"], 0), (["asr", "--version"], 0),
  ])
  func `usage mistakes exit 64, help exits 0`(arguments: [String], status: Int) async throws {
    #expect(try await runStage(arguments, [:]).status == status)
  }

  @Test func `each kind of trouble has its exit status`() async throws {
    let job = try TemporaryJob()
    let environment = job.environment
    let text = job.workspace.appending("text.mp4")
    try job.write("no film", to: text)
    #expect(try await runStage(["demux", text.string, job.folder.string], environment).status == 65)
    #expect(try await runStage(["demux", "/gone.mp4", job.folder.string], environment).status == 74)
    let nothing = environment.merging(["PATH": "/nonexistent"]) { $1 }
    let missing = try await runStage(["demux", text.string, job.folder.string], nothing)
    #expect(missing.status == 69 && missing.errors.contains("apt-get install ffmpeg"))
    let bare = environment.merging(["CPWX_ENGINES": "/nonexistent"]) { $1 }
    let engines = try await runStage(["silero-vad", job.folder.string], bare)
    #expect(engines.status == 69 && engines.errors.contains("cpwx doctor --fix"))
    let unreadable = environment.merging(["CONFIG_PATH": "/gone/.env"]) { $1 }
    #expect(try await runStage(["demux", text.string, job.folder.string], unreadable).status == 78)
  }

  @Test func `a title may begin with a hyphen, and the locale does not matter`() async throws {
    let job = try TemporaryJob()
    let environment = job.environment.merging(["LC_ALL": "C"]) { $1 }
    for title in ["-n", "--help", "--version", "--", "शोले\n'75'"] {
      #expect(try await runStage(["tmdb", job.folder.string, title, "1975"], environment).status == 0)
      #expect(try job.json("metadata/tmdb_data.json")["title"] == .string(title))
    }
  }

  @Test func `secrets never reach the log or the manifest`() async throws {
    let job = try TemporaryJob([
      "TMDB_API_KEY": "s3cr3t-key", "TMDB_BASE_URL": "http://s3cr3t-key.invalid", "LOG_LEVEL": "debug",
    ])
    let result = try await runStage(["tmdb", job.folder.string, "Sholay"], job.environment)
    #expect(result.status == 0 && result.errors.contains(Secrets.mask))
    #expect(!result.errors.contains("s3cr3t"))
    #expect(!(try job.text("manifest.json").contains("s3cr3t")))
    #expect(!(try job.text("metadata/tmdb_data.json").contains("s3cr3t")))
  }

  @Test func `variables reach the engine byte for byte, UTF-8 or not`() async throws {
    let job = try TemporaryJob()
    let home = try job.installEngine(
      "vad_echo.py",
      """
      import json, os, sys
      told = [os.environb.get(name, b"").hex() for name in (b"ODD", b"EVEN", b"PYTHONHOME", b"1ST")]
      if sys.argv[1] == "describe":
          print(json.dumps({"engine": "echo", "stage": "silero_vad", "available": True}))
      else:
          print(json.dumps({"segments": [], "duration": 1, "model": "none", "told": told}))
      """)
    try await job.makeSilence()
    let odd = #"exec env ODD="$(printf 'caf\351=\n1')" EVEN=ज़ PYTHONHOME=/nonexistent 1ST=odd "#
    let outcome = try await Program(
      "sh", ["-c", odd + #""$0" silero_vad "$1""#, stageProgram.string, job.folder.string],
      environment: job.environment.merging(["CPWX_ENGINES": home.root.string]) { $1 }.mapValues { Optional($0) }
    ).run()
    try #require(outcome.succeeded, "\(outcome.lastLines)")
    let told = try job.json("vad/silero_segments.json")["told"]?.array?.map(\.string)
    #expect(told == ["636166e93d0a31", "e0a49ce0a4bc", "", ""], "what has no proper name is not handed on")
  }

  @Test func `progress goes to standard output, five lines a second at most, and ends at 1`() async throws {
    let job = try TemporaryJob()
    let outcome = try await Program(
      stageProgram.string, ["demux", sample("mp4").string, job.folder.string],
      environment: job.environment.mapValues { Optional($0) }
    ).run()
    let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
    #expect(lines.allSatisfy { $0.hasPrefix("cpwx:progress ") })
    #expect(lines.last == "cpwx:progress 1.000")
  }

  @Test func `while ffmpeg works its progress is told, and rises`() async throws {
    let job = try TemporaryJob()
    let film = job.workspace.appending("long.mkv")
    try await makeMedia(["-f", "lavfi", "-i", "sine=r=8000:d=7200", "-c:a", "pcm_s16le"], film)
    let outcome = try await Program(
      stageProgram.string, ["demux", film.string, job.folder.string],
      environment: job.environment.mapValues { Optional($0) }
    ).run()
    try #require(outcome.succeeded, "\(outcome.lastLines)")
    let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
    let fractions = lines.compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Double($0) } }
    let between = fractions.filter { $0 > 0 && $0 < 0.98 }
    #expect(between.count >= 2, "\(lines)")
    #expect(zip(between, between.dropFirst()).allSatisfy { $0 < $1 }, "\(lines)")
  }

  @Test func `empty settings fall back to the environment`() throws {
    let job = try TemporaryJob(["WHISPER_MODEL": "", "SRC_LANG": "hi"])
    let settings = try Settings(
      job: job.folder, environment: job.environment.merging(["WHISPER_MODEL": "base", "SRC_LANG": "fr"]) { $1 })
    #expect(settings["WHISPER_MODEL"] == "base")
    #expect(settings["SRC_LANG"] == "hi")
  }

  @Test func `secrets that cannot be read stop only the stages that need them`() async throws {
    let job = try TemporaryJob(["SECRETS_PATH": "config/secrets.json"])
    try job.write("{", to: job.workspace.pushing("config/secrets.json"))
    try await DemuxStage.run([sample("mp4").string, job.folder.string], environment: job.environment)
    try await expectError(.configuration) {
      try await TMDBStage.run([job.folder.string, "Sholay"], environment: job.environment)
    }
  }
}
