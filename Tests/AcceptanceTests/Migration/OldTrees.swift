import Foundation
import Jobs
import Testing

extension TestWorkspace {
  /// Makes a film's directory as the old application left it, that failed in its last stage, with its log.
  func oldFilm(_ name: String, _ title: String, year: Int, day: Int = 27, fails: Bool = true) throws {
    let folder = "out/\(name)"
    let made = [
      "audio/audio.wav", "metadata/tmdb_data.json", "entities/pre_ner.json", "vad/silero_segments.json",
      "vad/pyannote_segments.json", "diarization/\(name).speaker_segments.json", "asr/\(name).asr.json",
      "post_ner/\(name).corrected.json", "en_merged/\(name).merged.srt",
    ]
    for file in made { try write("\(folder)/\(file)", "{\"of\": \"\(title)\"}") }
    let stages = [
      "demux", "tmdb", "pre-ner", "silero-vad", "pyannote-vad", "diarization", "asr", "post-ner", "subtitle-gen",
    ]
    let records = stages.map {
      "\"\($0)\": {\"status\": \"success\", \"started_at\": \"2025-10-\(day)T10:00:00.000001\", \"outputs\": {}}"
    }
    let mux = "\"mux\": {\"status\": \"\(fails ? "failed" : "success")\"}"
    if !fails { try write("\(folder)/\(name)_with_subs.mp4", "film") }
    try write(
      "\(folder)/manifest.json",
      """
      {"version": "1.0.0", "created_at": "2025-10-\(day)T10:00:00.000001", "movie_dir": "\(folder)",
       "input": {"file": "in/\(title) (\(year)).mp4", "title": "\(title)", "year": "\(year)"},
       "stages": {\((records + [mux]).joined(separator: ", "))},
       "pipeline": {"status": "\(fails ? "failed" : "completed")", "failed_stages": []}}
      """)
    try write("logs/asr_\(name)_202510\(day)_100000.log", "[native.asr.\(name)] heard\n")
    for path in tree(folder) { try age(self.path("\(folder)/\(path)"), by: 86_400) }
    try age(self.path(folder), by: 86_400)
  }

  /// Three films and what goes with them: links of every kind, a folder that is closed, one more name of a file.
  func oldTrees() throws {
    try write("config/.env", "# settings\nHF_TOKEN=hf_secret_secret\nLOG_LEVEL=info\n#TMDB_API_KEY=old_secret_old\n")
    try film("Sholay (1975).mp4")
    try oldFilm("Sholay_1975", "Sholay", year: 1975)
    try oldFilm("-Don's_1978", "Don's", year: 1978, day: 28, fails: false)
    try write("out/notes.txt", "of no film")
    try write("logs/nobody_20250101_000000.log", "of nobody")
    let sholay = path("out/Sholay_1975")
    let links = [
      ("\(sholay)/film.mp4", "../../in/Sholay (1975).mp4"), ("\(sholay)/gone", "../nothing/here"),
      ("\(sholay)/last.srt", "en_merged/Sholay_1975.merged.srt"), ("\(sholay)/asr/other", "../../-Don's_1978/audio"),
    ]
    for (link, target) in links {
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
    }
    #expect(link("\(sholay)/audio/audio.wav", "\(sholay)/audio/again.wav") == 0)
    chmod("\(sholay)/asr", 0o555)
    chmod(sholay, 0o555)
  }

  /// The folder of a migrated job.
  func migrated(_ id: String) -> String { path("out/2025/10/\(id.dropFirst(6).prefix(2))/1/\(id)") }
}
