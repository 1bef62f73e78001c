import Foundation
import Jobs
import Testing

/// The stages that ship, on this machine, from a film in in/ to one with subtitles.
struct WholeFilmTests {
  @Test(.timeLimit(.minutes(5)))
  func `a film goes through the ten stages and comes out with subtitles`() throws {
    try TestWorkspace.with { workspace in
      let engines = try installedEngines()
      try workspace.makeSite("site")
      let run = try workspace.cpwx(
        "run", "-C", workspace.path("site"), "--settle", "0", environment: ["CPWX_ENGINES": engines], within: 280)
      #expect(run.code == 0, "\(run.output)\n\(run.errors)")
      let job = try workspace.job(in: "site")
      let place = job.dropFirst(workspace.path("site/").count)
      #expect(try /out\/\d{4}\/\d\d?\/\d\d?\/1\/\d{8}-001/.wholeMatch(in: String(place)) != nil, "\(place)")
      let manifest = try workspace.manifest(of: job)
      #expect(manifest["pipeline"]?["status"]?.string == "completed")
      let stages = try #require(manifest["stages"]?.object)
      #expect(
        stages.names == [
          "demux", "tmdb", "pre_ner", "silero_vad", "pyannote_vad", "diarization", "asr", "post_ner", "subtitle_gen",
          "mux",
        ])
      for name in stages.names {
        #expect(stages[name]?["status"]?.string == "success", "\(name)")
        #expect(stages[name]?["runner"]?.string == "local", "\(name)")
      }
      #expect(stages["asr"]?["metadata"]?["model"]?.string == "tiny.en")
      let subtitles = try workspace.read(job + "/subtitles/subtitles.srt")
      #expect(subtitles.lowercased().contains("company") && subtitles.contains(" --> "), "\(subtitles)")
      #expect(try workspace.subtitleStreams(of: job + "/final_output.mp4") == ["mov_text eng"])
    }
  }
}
