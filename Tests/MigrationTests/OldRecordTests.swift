import Jobs
import Migration
import TestSupport
import Testing

/// How far a film came, where what is recorded of it contradicts itself.
struct OldRecordTests {
  private static let files = [
    "audio/audio.wav", "metadata/tmdb_data.json", "entities/pre_ner.json", "vad/silero_segments.json",
    "vad/pyannote_segments.json", "diarization/speaker_segments.json", "transcription/transcript.json",
    "entities/post_ner.json", "subtitles/subtitles.srt", "final_output.mp4",
  ]

  /// The entry of a film with this manifest that has the files of its first stages.
  private func entry(_ manifest: String, files count: Int = 10, env: String? = nil) throws -> MigrationEntry {
    let workspace = try OldWorkspace()
    if let env { try workspace.folder.file("config/.env", env) }
    let manifest = "{\"created_at\": \"2025-10-27T15:00:00\", " + manifest.dropFirst()
    try workspace.film("Film_2001", manifest: manifest, stages: Array(Self.files.prefix(count)))
    return try workspace.entry("Film_2001")
  }

  @Test func `the files count more than the lists`() throws {
    let stale = try entry(
      """
      {"stages": {"mux": {"status": "success"}},
       "pipeline": {"status": "failed", "completed_stages": ["asr", "mux"], "failed_stages": ["asr"]}}
      """)
    #expect(stale.status == .completed && stale.failedStages.isEmpty && stale.completedStages.count == 10)
    let builders = try entry(
      """
      {"movie_dir": "out/Film_2001",
       "pipeline": {"status": "failed", "completed_stages": [], "skipped_stages": ["asr"]}}
      """)
    #expect(builders.status == .completed && builders.failedStages.isEmpty)
    let right = try entry(
      "{\"stages\": {}, \"pipeline\": {\"status\": \"running\", \"failed_stages\": [\"silero-vad\"]}}", files: 3)
    #expect(right.status == .failed && right.failedStages == ["silero_vad"])
  }

  @Test func `a pipeline that is recorded as completed and has no film is none`() throws {
    let manifest = "{\"stages\": {\"demux\": {\"status\": \"success\"}}, \"pipeline\": {\"status\": \"completed\"}}"
    let cut = try entry(manifest, files: 1)
    #expect(cut.status == .interrupted)
    #expect(cut.problems.contains { $0.severity == .warning && $0.message.contains("mux") })
    #expect(try entry(manifest).status == .completed)
    #expect(try entry(manifest, files: 9, env: "STEP_MUX=false\n").status == .completed)
    let skipped = manifest.replacing("{\"demux\"", with: "{\"mux\": {\"status\": \"skipped\"}, \"demux\"")
    #expect(try entry(skipped, files: 9).status == .completed)
  }

  @Test func `files that are empty or cut short prove no stage`() throws {
    let workspace = try OldWorkspace()
    try workspace.film("Film_2001")
    try workspace.folder.file("out/Film_2001/final_output.mp4", "")
    try workspace.folder.file("out/Film_2001/transcription/transcript.json", "{\"a\": [")
    let entry = try workspace.entry("Film_2001")
    #expect(entry.completedStages == ["demux", "tmdb"] && entry.failedStages.isEmpty)
    #expect(entry.status == .interrupted && entry.isMigrated)
  }

  @Test func `an output that is cut short is not proven by an older one beside it, but a film is a film`() throws {
    let workspace = try OldWorkspace()
    let older = ["asr/Film_2001.asr.json", "diarization/Film_2001.speaker_segments.json"]
    try workspace.film("Film_2001", stages: ["audio/audio.wav"] + older)
    try workspace.folder.file("out/Film_2001/transcription/transcript.json", "{\"segments\": [{\"text\": \"and th")
    let entry = try workspace.entry("Film_2001")
    #expect(entry.completedStages == ["demux", "diarization"] && entry.status == .interrupted)
    try workspace.film("Done_2001", stages: ["audio/audio.wav", "Done_2001_with_subs.mp4"])
    try workspace.folder.file("out/Done_2001/final_output.mp4", "")
    #expect(try workspace.entry("Done_2001").status == .completed)
  }

  @Test func `a stage that is recorded as running is not done, though the record has its end and its file is there`()
    throws
  {
    let asr = "{\"status\": \"running\", \"completed_at\": \"2025-10-27T16:00:00\"}"
    let killed = try entry(
      """
      {"stages": {"demux": {"status": "success"}, "asr": \(asr)},
       "pipeline": {"status": "running", "current_stage": null}}
      """, files: 7)
    #expect(killed.status == .interrupted && killed.failedStages.isEmpty)
    #expect(
      killed.completedStages == ["demux", "tmdb", "pre_ner", "silero_vad", "pyannote_vad", "diarization"])
    #expect(killed.problems.contains { $0.message.contains("recorded as running, and nobody runs it") })
  }

  @Test(arguments: [true, false])
  func `of two records of one stage the later counts, wherever it stands`(_ isFirst: Bool) throws {
    let late = "{\"status\": \"success\", \"completed_at\": \"2025-10-27T12:00:00\"}"
    let early = "{\"status\": \"failed\", \"started_at\": \"2025-10-27T09:00:00\"}"
    let (first, second) = isFirst ? (late, early) : (early, late)
    let spellings = try entry(
      "{\"stages\": {\"mux\": {\"status\": \"success\"}, \"silero-vad\": \(first), \"silero_vad\": \(second)}}")
    #expect(spellings.status == .completed && spellings.failedStages.isEmpty)
    let schemas = try entry(
      "{\"stages\": {\"asr\": \(first)}, \"pipeline\": {\"status\": \"failed\", \"steps\": {\"asr\": \(second)}}}")
    #expect(schemas.status == .completed && schemas.failedStages.isEmpty)
  }

  @Test func `names with capitals and records that only say whether it went well are read`() throws {
    let capitals = try entry(
      "{\"stages\": {\"Demux\": {\"status\": \"success\"}, \"silero-VAD\": {\"status\": \"FAILED\"}}}", files: 2)
    #expect(capitals.completedStages == ["demux", "tmdb"] && capitals.failedStages == ["silero_vad"])
    let bare = try entry(
      "{\"stages\": {\"demux\": {\"success\": true}, \"asr\": {\"success\": false}}}", files: 2)
    #expect(bare.status == .failed && bare.failedStages == ["asr"])
  }
}
