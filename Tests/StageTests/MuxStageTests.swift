import Engines
import Jobs
import SystemPackage
import TestSupport
import Testing

@testable import cpwx_stage

struct MuxStageTests {
  static let srt = "1\n00:00:00,500 --> 00:00:01,500\nनमस्ते, world\n"

  /// Makes a film, muxes subtitles into it and returns what came out.
  private func mux(
    _ arguments: [String], name: String = "film.mkv", srt: String = Self.srt, _ settings: [String: String] = [:]
  ) async throws -> (job: TemporaryJob, made: MediaProbe) {
    let job = try TemporaryJob(["TGT_LANG": "en"].merging(settings) { $1 })
    let film = job.workspace.appending(name)
    try job.write("1\n00:00:00,000 --> 00:00:01,000\nOld\n", to: job.workspace.appending("old.srt"))
    try await makeMedia(arguments.map { $0 == "OLD" ? job.workspace.appending("old.srt").string : $0 }, film)
    try job.write(srt, to: job.path("subtitles/subtitles.srt"))
    let words = [film, job.path("subtitles/subtitles.srt"), job.path("final_output.mp4")].map(\.string)
    try await MuxStage.run(words, environment: job.environment)
    return (job, try await MediaProbe.read(job.path("final_output.mp4")))
  }

  /// What ffmpeg says of the pictures and sounds as they are packed.
  private func streamHashes(of media: FilePath) async throws -> [String] {
    let words = [
      "-v", "error", "-i", "file:\(media)", "-map", "0:v", "-map", "0:a", "-c", "copy", "-f", "streamhash", "-",
    ]
    let outcome = try await Program("ffmpeg", words).run()
    try #require(outcome.succeeded, "\(outcome.lastLines)")
    return String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func notes(_ job: TemporaryJob) throws -> [String] {
    (try job.record("mux").fields["metadata"]?["notes"]?.array ?? []).compactMap(\.string)
  }

  @Test func `streams are copied, the subtitles have language and name, the second name is the same file`() async throws
  {
    let (job, made) = try await mux(
      Source.picture + Source.tone + ["-c:v", "libx264", "-c:a", "ac3"], name: "-a:%d 'b'.mkv",
      ["TGT_LANG": "fr", "SUBTITLE_TITLE": "Sous-titres: tous"])
    #expect(made.streams.map(\.codec) == ["h264", "ac3", "mov_text"])
    let (film, video) = (job.workspace.appending("-a:%d 'b'.mkv"), job.path("final_output.mp4"))
    #expect(try await streamHashes(of: film) == streamHashes(of: video))
    let subtitle = try #require(made.streams("subtitle").first)
    #expect(subtitle.language == "fra" && subtitle.isDefault)
    #expect(subtitle.tag("handler_name") == "Sous-titres: tous")
    let named = job.path("20251030-001_with_subs.mp4")
    #expect(try FileStatus(of: named).inode == FileStatus(of: job.path("final_output.mp4")).inode)
    #expect(try notes(job).isEmpty)
    #expect(job.leftovers.isEmpty)
  }

  @Test func `the transcript's language wins over the settings`() async throws {
    let job = try TemporaryJob(["TGT_LANG": "en"])
    try job.write(
      #"{"language": "hi", "text_language": "hi", "segments": []}"#, to: job.path("transcription/transcript.json"))
    try job.write(Self.srt, to: job.path("subtitles/subtitles.srt"))
    let words = [sample("mp4"), job.path("subtitles/subtitles.srt"), job.path("final_output.mp4")].map(\.string)
    for _ in 0..<2 { try await MuxStage.run(words, environment: job.environment) }
    let made = try await MediaProbe.read(job.path("final_output.mp4"))
    #expect(made.streams("subtitle").map(\.language) == ["hin"])
  }

  @Test func `sound that mp4 cannot hold is converted, the rest copied, text subtitles kept, fonts left out`()
    async throws
  {
    let (job, made) = try await mux(
      Source.picture + Source.tone + Source.tone + ["-i", "OLD", "-map", "0", "-map", "1", "-map", "2", "-map", "3"]
        + ["-c:v", "libx264", "-c:a:0", "pcm_s16le", "-c:a:1", "ac3", "-c:s", "ass", "-metadata:s:s:0", "language=ger"]
        + ["-attach", "OLD", "-metadata:s:t", "mimetype=application/x-truetype-font"])
    #expect(made.streams("video").map(\.codec) == ["h264"])
    #expect(made.streams("audio").map(\.codec) == ["aac", "ac3"])
    #expect(made.streams("subtitle").map(\.language) == ["eng", "ger"])
    #expect(try notes(job).count == 2)
  }

  @Test func `a picture that mp4 cannot hold is encoded anew, and the notes say so`() async throws {
    let (job, made) = try await mux(
      Source.picture + Source.tone + ["-c:v", "libvpx", "-c:a", "libopus"], name: "film.webm")
    #expect(made.streams.map(\.codec) == ["h264", "opus", "mov_text"])
    #expect(try notes(job) == ["encoded anew as H.264, since mp4 cannot hold it: video stream 0 (vp8)"])
  }

  @Test func `a picture of odd sides is encoded anew with one more line on each`() async throws {
    let picture = ["-f", "lavfi", "-i", "testsrc2=size=161x121:rate=10:duration=2"]
    let (job, made) = try await mux(picture + ["-pix_fmt", "yuv420p", "-c:v", "libvpx"], name: "odd.webm")
    #expect(made.streams.map(\.codec) == ["h264", "mov_text"])
    #expect(try notes(job) == ["encoded anew as H.264, since mp4 cannot hold it: video stream 0 (vp8)"])
  }

  @Test func `without subtitles the film is copied, and the notes say so`() async throws {
    let (job, made) = try await mux(Source.picture + Source.tone + ["-c:v", "libx264", "-c:a", "aac"], srt: "")
    #expect(made.streams.map(\.codec) == ["h264", "aac"])
    #expect(try notes(job) == ["there are no subtitles; the film was copied without any"])
  }

  @Test func `a film without picture and one without sound get their subtitles`() async throws {
    #expect(
      try await mux(Source.tone + ["-c:a", "mp3"], name: "f.mp3").made.streams.map(\.codec) == ["mp3", "mov_text"])
    #expect(try await mux(Source.picture + ["-c:v", "libx264"]).made.streams.map(\.codec) == ["h264", "mov_text"])
  }

  @Test func `a film of recordings that were joined, whose clock leaps between them, is whole`() async throws {
    let job = try TemporaryJob()
    let film = job.workspace.appending("joined.ts")
    let codecs = ["-c:v", "mpeg2video", "-c:a", "mp2", "-f", "mpegts"]
    var bytes: [UInt8] = []
    for began in ["0", "36000"] {
      try await makeMedia(Source.picture + Source.tone + codecs + ["-output_ts_offset", began], film)
      bytes += try DurableFile.read(film)
    }
    try DurableFile.write(bytes, to: film)
    #expect(try await MediaProbe.read(film).duration ?? 0 > 30_000, "as it says itself")
    try job.write(Self.srt, to: job.path("subtitles/subtitles.srt"))
    try await DemuxStage.run([film.string, job.folder.string], environment: job.environment)
    let words = [film, job.path("subtitles/subtitles.srt"), job.path("final_output.mp4")].map(\.string)
    try await MuxStage.run(words, environment: job.environment)
    let made = try await MediaProbe.read(job.path("final_output.mp4"))
    #expect((5.5...7).contains(made.duration ?? 0), "\(made.duration ?? 0) s")
  }

  @Test func `a damaged film fails, and an earlier result stands`() async throws {
    let job = try TemporaryJob()
    try job.write("earlier", to: job.path("final_output.mp4"))
    try job.write("leftover", to: job.path(".final_output.mp4.part"))
    try job.write(Self.srt, to: job.path("subtitles/subtitles.srt"))
    let film = job.workspace.appending("cut.mp4")
    try DurableFile.write(Array(try DurableFile.read(sample("mp4")).prefix(50_000)), to: film)
    try await expectError(.damaged) {
      let words = [film, job.path("subtitles/subtitles.srt"), job.path("final_output.mp4")].map(\.string)
      try await MuxStage.run(words, environment: job.environment)
    }
    #expect(try job.text("final_output.mp4") == "earlier")
  }

  @Test func `a missing SRT names the stage that makes it`() async throws {
    let job = try TemporaryJob()
    let error = try await expectError(.io) {
      let words = [sample("mp4"), job.path("gone.srt"), job.path("final_output.mp4")].map(\.string)
      try await MuxStage.run(words, environment: job.environment)
    }
    #expect(error.description.contains("subtitle_gen"))
  }
}
