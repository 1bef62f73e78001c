import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import cpwx_stage

struct DemuxStageTests {
  @Test(arguments: ["plain.mkv", "-odd: 100%d \"q\"\nहिन्दी.mkv", "file:x.mkv"])
  func `the sound becomes a 16 kHz mono WAV, whatever the film's name`(name: String) async throws {
    let job = try TemporaryJob()
    let film = job.workspace.appending(name)
    try await makeMedia(Source.picture + Source.tone + ["-c:v", "mpeg4", "-c:a", "ac3"], film)
    try await DemuxStage.run([film.string, job.folder.string], environment: job.environment)
    #expect(WaveFormat(of: job.path("audio/audio.wav")) == .speech)
    let facts = try job.json("audio/audio_demux_metadata.json")
    #expect(facts["source"]?["codec_name"] == .string("ac3"))
    #expect(abs((facts["duration"]?.double ?? 0) - 3) < 0.1)
    #expect(try job.record("demux").status == .success)
    #expect(try job.record("demux").outputs.map(\.key).contains("audio"))
    #expect(job.leftovers.isEmpty)
  }

  @Test(arguments: ["late.mkv", "late.mp4", "late.ts"])
  func `sound that sets in later than the picture keeps its place`(name: String) async throws {
    let job = try TemporaryJob()
    let film = job.workspace.appending(name)
    try await makeMedia(
      Source.picture + ["-itsoffset", "1.5"] + Source.tone + [
        "-map", "0", "-map", "1", "-c:v", "mpeg4", "-c:a", "aac",
      ],
      film)
    try await DemuxStage.run([film.string, job.folder.string], environment: job.environment)
    let facts = try job.json("audio/audio_demux_metadata.json")
    #expect(abs((facts["duration"]?.double ?? 0) - 4.5) < 0.2, "\(facts["duration"] ?? .null)")
    #expect(facts["notes"] == .array([]))
  }

  @Test func `rate, channels and track are those of the settings, else the default track`() async throws {
    let job = try TemporaryJob(["AUDIO_SAMPLE_RATE": "44100", "AUDIO_CHANNELS": "2"])
    let film = job.workspace.appending("two.mkv")
    try await makeMedia(
      Source.tone + Source.tone + ["-map", "0", "-map", "1", "-c:a:0", "flac", "-c:a:1", "ac3"]
        + ["-disposition:a:0", "0", "-disposition:a:1", "default"], film)
    try await DemuxStage.run([film.string, job.folder.string], environment: job.environment)
    let format = try #require(WaveFormat(of: job.path("audio/audio.wav")))
    #expect(format.sampleRate == 44_100 && format.channels == 2)
    #expect(try job.json("audio/audio_demux_metadata.json")["track"] == .int(2))
    let first = try TemporaryJob(["AUDIO_TRACK": "1"])
    try await DemuxStage.run([film.string, first.folder.string], environment: first.environment)
    #expect(try first.json("audio/audio_demux_metadata.json")["source"]?["codec_name"] == .string("flac"))
    let third = try TemporaryJob(["AUDIO_TRACK": "3"])
    try await expectError(.configuration) {
      try await DemuxStage.run([film.string, third.folder.string], environment: third.environment)
    }
  }

  /// A film with a sound track for each of these tags, the first of them its default one.
  private func film(_ job: TemporaryJob, tagged languages: [String], _ more: [String] = []) async throws -> FilePath {
    let film = job.workspace.appending("film.mkv")
    let tracks = languages.indices.flatMap { index in
      [
        "-map", "\(index)", "-metadata:s:a:\(index)", "language=\(languages[index])",
        "-disposition:a:\(index)", index == 0 ? "default" : "0",
      ]
    }
    try await makeMedia(languages.flatMap { _ in Source.tone } + tracks + ["-c:a", "flac"] + more, film)
    return film
  }

  @Test(arguments: [
    (["SRC_LANG": "de"], 2, "in the language of SRC_LANG"),
    (["SRC_LANG": "german", "AUDIO_TRACK": "1"], 1, "as AUDIO_TRACK says"),
    (["SRC_LANG": "de", "WHISPER_LANGUAGE": "fr"], 3, "in the language of WHISPER_LANGUAGE"),
    (["SRC_LANG": "auto"], 1, "the film's default one"),
  ])
  func `the sound track in the language that is to be heard is taken`(
    settings: [String: String], track: Int, reason: String
  ) async throws {
    let job = try TemporaryJob(settings)
    let film = try await film(job, tagged: ["eng", "ger", "fre", "deu"])
    let result = try await runStage(["demux", film.string, job.folder.string], job.environment)
    #expect(result.errors.contains("sound track \(track): ") && result.errors.contains(reason), "\(result.errors)")
    let facts = try #require(try job.record("demux").fields["metadata"])
    #expect(facts["track"] == .int(track))
    #expect(facts["track_reason"] == .string(reason))
    #expect(facts["notes"] == .array([]))
  }

  @Test func `somebody who talks about the film is not taken for it`() async throws {
    let job = try TemporaryJob(["SRC_LANG": "de"])
    let film = try await film(job, tagged: ["eng", "ger", "ger"], ["-disposition:a:1", "comment"])
    try await DemuxStage.run([film.string, job.folder.string], environment: job.environment)
    #expect(try job.record("demux").fields["metadata"]?["track"] == .int(3))
  }

  @Test func `a film that is tagged with other languages alone is taken with a word about it`() async throws {
    let job = try TemporaryJob(["SRC_LANG": "de"])
    let film = try await film(job, tagged: ["eng", "fre"])
    let result = try await runStage(["demux", film.string, job.folder.string], job.environment)
    #expect(result.status == 0)
    let facts = try #require(try job.record("demux").fields["metadata"])
    #expect(facts["track"] == .int(1))
    #expect(facts["source_language"] == .string("eng"))
    let note = try #require(facts["notes"]?.array?.first?.string)
    for part in ["German", "SRC_LANG=de", "flac, eng", "AUDIO_TRACK"] { #expect(note.contains(part), "\(note)") }
    #expect(result.errors.contains(note), "\(result.errors)")
    let untold = try TemporaryJob(["SRC_LANG": "de"])
    let plain = try await self.film(untold, tagged: ["und"])
    try await DemuxStage.run([plain.string, untold.folder.string], environment: untold.environment)
    #expect(try untold.record("demux").fields["metadata"]?["notes"] == .array([]))
  }

  @Test(arguments: ["cut.avi", "cut.mkv"])
  func `a film whose end is missing fails, and says how much is there`(name: String) async throws {
    let job = try TemporaryJob()
    let film = job.workspace.appending(name)
    try await makeMedia(
      ["-f", "lavfi", "-i", "testsrc=s=160x90:r=10:d=20", "-f", "lavfi", "-i", "sine=d=20", "-c:v", "mpeg4"]
        + ["-c:a", "mp2"], film)
    try await DemuxStage.run([film.string, job.folder.string], environment: job.environment)
    #expect(try job.record("demux").fields["metadata"]?["notes"] == .array([]))
    let bytes = try DurableFile.read(film)
    try DurableFile.write(Array(bytes[..<(bytes.count / 2)]), to: film)
    let error = try await expectError(.damaged) {
      try await DemuxStage.run([film.string, job.folder.string], environment: job.environment)
    }
    #expect(error.message.hasSuffix("s of 20 s: the copy is not complete"), "\(error)")
    #expect(try job.record("demux").status == .failed)
    #expect(!exists(job.path("audio/audio.wav")))
  }

  @Test func `a silent film, a text and a missing file fail with their own codes and leave nothing`() async throws {
    let job = try TemporaryJob()
    let silent = job.workspace.appending("silent.mp4")
    try await makeMedia(Source.picture, silent)
    let text = job.workspace.appending("text.mp4")
    try job.write("no film", to: text)
    for (film, code) in [(silent, JobError.Code.damaged), (text, .damaged), (job.path("gone.mp4"), .io)] {
      try await expectError(code) {
        try await DemuxStage.run([film.string, job.folder.string], environment: job.environment)
      }
      #expect(try job.record("demux").status == .failed)
      #expect(try job.record("demux").error != nil)
    }
    #expect(job.leftovers.isEmpty)
    #expect(!exists(job.path("audio/audio.wav")))
  }

  @Test(arguments: [("AUDIO_SAMPLE_RATE", "fast"), ("AUDIO_CHANNELS", "0"), ("LOG_LEVEL", "loud")])
  func `a setting that cannot be meant is refused by name`(key: String, value: String) async throws {
    let job = try TemporaryJob([key: value])
    let error = try await expectError(.configuration) {
      try await DemuxStage.run([sample("mp4").string, job.folder.string], environment: job.environment)
    }
    #expect(error.description.contains("\(key)=\(value)"))
  }
}
