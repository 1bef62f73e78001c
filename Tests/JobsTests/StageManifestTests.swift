import SystemPackage
import Testing

@testable import Jobs

struct `A stage's record` {
  private struct Trouble: Error, CustomStringConvertible {
    let description: String
  }

  private func job(_ env: String = "") throws -> (site: TemporaryWorkspace, paths: JobPaths) {
    let site = try TemporaryWorkspace(env: Array(env.utf8))
    let film: JSON = ["file": .string("in/a.mp4"), "title": .null, "year": .null]
    let paths = try JobManager(try site.workspace).createJob(input: film).paths
    return (site, paths)
  }

  @Test func `has the documented fields in their order when it succeeds`() async throws {
    let (site, paths) = try job()
    let film = try site.file("in/a.mp4", "film")
    let result = try await StageManifest.record("demux", number: 1, in: paths.output, environment: [:]) { manifest in
      let running = try Manifest(reading: paths.manifest)
      #expect(running.stage("demux")?.status == .running)
      #expect(running.document["pipeline"]?["current_stage"]?.string == "demux")
      manifest.addInput("video", film, "Input video file")
      let audio = paths.output.pushing("audio/audio.wav")
      manifest.addOutput("audio", audio, "Extracted 16kHz mono audio")
      try makeFolder(audio.removingLastComponent())
      try DurableFile.write(Array("sound".utf8), to: audio)
      manifest.addMetadata("channels", .int(1))
      return 7
    }
    #expect(result == 7)
    let manifest = try Manifest(reading: paths.manifest)
    let entry = try #require(manifest.stage("demux")).fields
    #expect(
      entry.object?.names == [
        "job_id", "user_id", "stage_number", "stage_name", "job_env_file", "status", "started_at", "completed_at",
        "duration_seconds", "input_files", "outputs", "metadata",
      ])
    #expect(
      entry["input_files"]?.text(.compact)
        == #"[{"key":"video","path":"\#(film)","exists":true,"size_bytes":4,"description":"Input video file"}]"#)
    #expect(entry["outputs"]?["audio"]?["size_bytes"]?.int == 5)
    #expect(manifest.document["pipeline"]?["completed_stages"] == .strings(["demux"]))
    #expect(manifest.document["pipeline"]?["current_stage"]?.isNull == true)
    #expect(manifest.findings(in: paths.output).filter { $0.path.hasPrefix("$.stages") } == [])
  }

  @Test func `tells of a failure, without secrets, and passes the error on`() async throws {
    let (site, paths) = try job("HF_TOKEN=hf_abcdef\nSECRETS_PATH=/nowhere\n")
    await #expect(throws: Trouble.self) {
      try await StageManifest.record(
        "pyannote-vad", number: 5, in: paths.output, environment: ["TMDB_API_KEY": "0123456"]
      ) { _ in throw Trouble(description: "401 for hf_abcdef and 0123456") }
    }
    let manifest = try Manifest(reading: paths.manifest)
    #expect(manifest.stage("pyannote_vad")?.status == .failed)
    #expect(manifest.stage("pyannote_vad")?.error == "401 for ******** and ********")
    #expect(manifest.document["pipeline"]?["failed_stages"] == .strings(["pyannote-vad"]))
    #expect(manifest.document["pipeline"]?["current_stage"]?.isNull == true)
    _ = site
  }

  @Test func `of a better try leaves nothing of the worse one`() async throws {
    let (site, paths) = try job()
    let path = paths.manifest
    try ManifestStore(path).update(orElse: Manifest(document: [:])) { manifest in
      manifest.changeStage("asr") { entry in
        entry = ["status": .string("failed"), "error": .string("x"), "skip_reason": .string("y"), "attempt": .int(1)]
      }
      manifest.note("asr", .failed)
    }
    try await StageManifest.record("asr", number: 7, in: paths.output, environment: [:]) { _ in }
    let manifest = try Manifest(reading: path)
    let entry = try #require(manifest.stage("asr")).fields
    #expect(entry["error"] == nil && entry["skip_reason"] == nil && entry["attempt"]?.int == 1)
    #expect(manifest.document["pipeline"]?["failed_stages"] == .array([]))
    #expect(manifest.document["pipeline"]?["completed_stages"] == .strings(["asr"]))
    _ = site
  }

  @Test func `keeps when the run had it begin, and what an earlier attempt told`() async throws {
    let (site, paths) = try job()
    let began = "2001-01-01T10:00:00.000000"
    try ManifestStore(paths.manifest).update(orElse: Manifest(document: [:])) { manifest in
      manifest.changeStage("asr") { entry in
        entry = ["status": .string("running"), "started_at": .string(began), "attempt": .int(1)]
      }
    }
    let lock = try FileLock.take(paths.lock, subject: "the job")
    try await StageManifest.record("asr", number: 7, in: paths.output, environment: [:]) { _ in }
    _ = consume lock
    let first = try Manifest(reading: paths.manifest)
    #expect(first.stage("asr")?.fields["started_at"]?.string == began)
    #expect(first.document["history"] == nil)
    // Once more, by hand: nobody runs the job.
    try await StageManifest.record("asr", number: 7, in: paths.output, environment: [:]) { _ in }
    let second = try Manifest(reading: paths.manifest)
    #expect(second.stage("asr")?.fields["started_at"]?.string != began)
    #expect(second.events.starts(with: first.events))
    #expect(second.events.dropFirst(first.events.count).map(\.what) == [.stageStarted, .stageSucceeded])
    _ = site
  }

  @Test func `begins anew where the run that had it begin is dead`() async throws {
    let (site, paths) = try job()
    let began = "2001-01-01T10:00:00.000000"
    try ManifestStore(paths.manifest).update(orElse: Manifest(document: [:])) { manifest in
      manifest.changeStage("asr") { entry in
        entry = ["status": .string("running"), "started_at": .string(began), "attempt": .int(1)]
      }
    }
    try DurableFile.write([], to: paths.lock)
    try await StageManifest.record("asr", number: 7, in: paths.output, environment: [:]) { _ in }
    let manifest = try Manifest(reading: paths.manifest)
    let started = try #require(manifest.stage("asr")?.fields["started_at"]?.string)
    #expect(started > began)
    #expect(manifest.history.last?.what == .stageStarted && manifest.history.last?.at == began)
    _ = site
  }

  @Test func `keeps how the job ended that another writer ran`() async throws {
    let (site, paths) = try job()
    let ended = "2001-01-01T11:00:00.000000"
    try ManifestStore(paths.manifest).update(orElse: Manifest(document: [:])) { manifest in
      manifest.changeStage("asr") { $0 = ["status": .string("success"), "completed_at": .string(ended)] }
      manifest.document["pipeline"] = ["status": .string("completed")]
      manifest.document["timing"] = ["completed_at": .string(ended)]
    }
    try await StageManifest.record("asr", number: 7, in: paths.output, environment: [:]) { _ in }
    let history = try Manifest(reading: paths.manifest).history
    #expect(history.map(\.what) == [.created, .completed, .stageSucceeded])
    #expect(history.dropFirst().allSatisfy { $0.at == ended })
    _ = site
  }

  @Test func `leaves another stage's name in current_stage`() async throws {
    let (site, paths) = try job()
    try await StageManifest.record("demux", number: 1, in: paths.output, environment: [:]) { _ -> Void in
      _ = try ManifestStore(paths.manifest).update(orElse: Manifest(document: [:])) {
        $0.document["pipeline"]?["current_stage"] = .string("mux")
      }
    }
    #expect(try Manifest(reading: paths.manifest).document["pipeline"]?["current_stage"]?.string == "mux")
    _ = site
  }

  @Test func `makes a whole manifest in a folder that has none`() async throws {
    let site = try TemporaryWorkspace()
    let folder = site.path("out/Movie_2001")
    try makeFolder(folder)
    try await StageManifest.record("tmdb", number: 2, in: folder, environment: ["CONFIG_PATH": "/app/config/.env"]) {
      _ in
    }
    let manifest = try Manifest(reading: folder.appending("manifest.json"))
    #expect(manifest.stage("tmdb")?.fields["job_env_file"]?.string == "/app/config/.env")
    #expect(manifest.findings(in: nil).map(\.path) == ["$.job_id", "$.user_id", "$.job_env_file"])
  }
}
