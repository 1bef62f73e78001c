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
