import Engines
import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import cpwx_stage

/// The whole way with the installed engines: a film goes in, a film with subtitles comes out.
struct TenStagesTests {
  @Test
  func `ten stages turn the sample film into one with subtitles`() async throws {
    let job = try TemporaryJob(["SRC_LANG": "en", "TGT_LANG": "en", "DIARIZATION_MAX_SPEAKERS": "2"])
    let environment = job.environment
    try #require(exists(try EngineHome(environment: environment).python), "no speech engines: run make setup")
    let film = job.workspace.appending("film.mp4")
    try await makeMedia(["-t", "15", "-i", sample("mp4").string, "-c", "copy"], film)
    let filmFacts = """
      {"title": "Super Awesome Company", "cast": [{"name": "A. Smith", "character": "Waldo"}],
       "overview": "Waldo calls the company from London, and is told to wait for the answer that he was promised."}
      """
    try job.write(filmFacts, to: job.path("metadata/tmdb_data.json"))
    let folder = job.folder.string
    let calls: [[String]] = [
      ["demux", film.string, folder], ["pre_ner", folder], ["silero-vad", folder], ["pyannote_vad", folder],
      ["diarization", folder], ["asr", folder], ["post-ner", folder], ["subtitle_gen", folder],
      ["mux", film.string, job.path("subtitles/subtitles.srt").string, job.path("final_output.mp4").string],
    ]
    var said: [String: String] = [:]
    for call in calls {
      let result = try await runStage(call, environment)
      try #require(result.status == 0, "\(call[0]): \(result.errors)")
      said[call[0]] = result.errors
      let record = try job.record(call[0])
      #expect(record.status == .success)
      for output in record.outputs { #expect(output.file.exists == true, "\(call[0]) \(output.key)") }
    }
    let transcript = Transcript(try job.json("transcription/transcript.json"))
    #expect(try job.record("asr").fields["metadata"]?["prompt_source"] == .string("ner_enhanced_prompt"))
    for (stage, log) in said where !["demux", "subtitle_gen", "mux"].contains(stage) {
      let facts = try #require(try job.record(stage).fields["metadata"])
      for key in ["engine", "model", "limits"] { #expect(facts[key]?.string?.isEmpty == false, "\(stage) \(key)") }
      let version = facts["engine_version"]?.string.map { " \($0)" } ?? ""
      let choice = "engine: \(facts["engine"]?.string ?? "?")\(version). \(facts["limits"]?.string ?? "?")"
      #expect(log.contains(choice), "\(stage): \(log)")
    }
    #expect(try job.record("asr").fields["metadata"]?["engine_version"]?.string?.isEmpty == false)
    #expect(transcript.segments.allSatisfy { $0.speaker != nil && !$0.words.isEmpty })
    let heard = try job.text("subtitles/subtitles.srt").lowercased()
    for word in ["calling", "company", "extension", "partnership"] { #expect(heard.contains(word), "\(heard)") }
    let made = try await MediaProbe.read(job.path("final_output.mp4"))
    #expect(made.streams("subtitle").map(\.language) == ["eng"])
    for name in [
      "asr/20251030-001.asr.json", "post_ner/20251030-001.corrected.json", "en_merged/20251030-001.merged.srt",
    ] {
      #expect(exists(job.path(name)))
    }
    #expect(job.leftovers.isEmpty)
  }

  @Test func `the whisper model that is asked for is taken, not the best one`() async throws {
    let job = try TemporaryJob(["SRC_LANG": "en", "WHISPER_MODEL": "tiny.en"])
    let film = job.workspace.appending("film.mp4")
    try await makeMedia(["-t", "5", "-i", sample("mp4").string, "-c", "copy"], film)
    try await DemuxStage.run([film.string, job.folder.string], environment: job.environment)
    try await ASRStage.run([job.folder.string], environment: job.environment)
    let facts = try job.record("asr").fields["metadata"]
    #expect(facts?["model"]?.string == "tiny.en")
    #expect(facts?["model_requested"]?.string == "tiny.en")
  }

  @Test func `sound in another form than the engines take is converted for them and the copy removed`() async throws {
    let job = try TemporaryJob(["AUDIO_SAMPLE_RATE": "48000", "AUDIO_CHANNELS": "2"])
    let film = job.workspace.appending("film.mp4")
    try await makeMedia(["-t", "5", "-i", sample("mp4").string, "-c", "copy"], film)
    try await DemuxStage.run([film.string, job.folder.string], environment: job.environment)
    try await SileroVADStage.run([job.folder.string], environment: job.environment)
    #expect(try job.json("vad/silero_segments.json")["segments"]?.array?.isEmpty == false)
    #expect(try job.record("silero_vad").fields["metadata"]?["audio"]?.string?.contains("converted") == true)
    #expect(job.leftovers.isEmpty)
  }

  @Test func `a silent sound track goes through all stages and gives a film without subtitles`() async throws {
    let job = try TemporaryJob(["SRC_LANG": "en", "TGT_LANG": "en"])
    let film = job.workspace.appending("quiet.mp4")
    try await makeMedia(
      Source.picture + ["-f", "lavfi", "-i", "anullsrc=r=16000:d=3", "-c:v", "libx264", "-c:a", "aac", "-shortest"],
      film)
    let folder = job.folder.string
    try await DemuxStage.run([film.string, folder], environment: job.environment)
    try await SileroVADStage.run([folder], environment: job.environment)
    try await DiarizationStage.run([folder], environment: job.environment)
    try await ASRStage.run([folder], environment: job.environment)
    try await PostNERStage.run([folder], environment: job.environment)
    try await SubtitleGenStage.run([folder], environment: job.environment)
    let srt = job.path("subtitles/subtitles.srt")
    #expect(try FileStatus(of: srt).size == 0)
    try await MuxStage.run(
      [film.string, srt.string, job.path("final_output.mp4").string], environment: job.environment)
    #expect(try await MediaProbe.read(job.path("final_output.mp4")).streams.count == 2)
  }

  @Test(arguments: [
    ("pre_ner", "spacy"), ("silero_vad", "silero"), ("pyannote_vad", "webrtc"), ("diarization", "ge2e"),
    ("asr", "faster_whisper"), ("post_ner", "spacy"),
  ])
  func `an engine that does not exist is refused, with those that do`(stage: String, other: String) async throws {
    let key = "ENGINE_\(stage.uppercased())"
    let job = try TemporaryJob([key: "cobra", "SRC_LANG": "en"])
    try job.write(
      #"{"title": "A Film", "overview": "A man and his dog walk to the sea."}"#,
      to: job.path("metadata/tmdb_data.json"))
    try job.write(
      #"{"language": "en", "segments": [{"start": 0, "end": 1, "text": "Hello."}]}"#,
      to: job.path("transcription/transcript.json"))
    let result = try await runStage([stage, job.folder.string], job.environment)
    #expect(result.status == 78, "\(result.errors)")
    #expect(result.errors.contains("\(key)=cobra: there is no such engine for the stage \(stage)"), "\(result.errors)")
    let parts = result.errors.split(separator: "Take auto, or one of: ")
    #expect(parts.count == 2 && parts[1].contains(other), "\(result.errors)")
    #expect(try job.record(stage).status == .failed)
  }

  /// Each of these is there without a network; auto would take another one, or none but this.
  @Test(arguments: [
    ("silero_vad", "silero"), ("pyannote_vad", "webrtc"), ("pyannote_vad", "pyannote_numpy"), ("diarization", "ge2e"),
    ("diarization", "campplus"), ("post_ner", "spacy"),
  ])
  func `the engine that a setting names does the work, and is told with its limits`(
    stage: String, engine: String
  ) async throws {
    let job = try TemporaryJob(["ENGINE_\(stage.uppercased())": engine])
    try makeFolder(job.path("audio"))
    try await makeMedia(
      ["-t", "6", "-i", sample("mp4").string, "-vn", "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le"],
      job.path("audio/audio.wav"))
    try job.write(#"{"segments": [{"start": 1.5, "end": 5.5}]}"#, to: job.path("vad/silero_segments.json"))
    try job.write(
      #"{"language": "en", "segments": [{"start": 0, "end": 1, "text": "I met John in London."}]}"#,
      to: job.path("transcription/transcript.json"))
    let result = try await runStage([stage, job.folder.string], job.environment)
    try #require(result.status == 0, "\(result.errors)")
    let facts = try #require(try job.record(stage).fields["metadata"])
    #expect(facts["engine"]?.string == engine)
    let limits = try #require(facts["limits"]?.string)
    #expect(!limits.isEmpty)
    #expect(result.errors.contains("engine: \(engine)") && result.errors.contains(limits), "\(result.errors)")
  }

  @Test func `a language that no engine speaks fails before anything is listened to`() async throws {
    let job = try TemporaryJob(["SRC_LANG": "tlh", "TGT_LANG": "en"])
    let error = try await expectError(.missingEngine) {
      try await ASRStage.run([job.folder.string], environment: job.environment)
    }
    #expect(error.description.contains("tlh"))
    #expect(error.remedy?.contains("Set SRC_LANG") == true, "\(error)")
  }
}
