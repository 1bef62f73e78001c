internal import ArgumentParser
internal import Engines
internal import Jobs
internal import SystemPackage

/// Stage 9: the transcript as subtitles.
struct SubtitleGenStage: StageCommand {
  static let stage = StageDescription(
    name: "subtitle_gen", number: 9, abstract: "Lay the transcript out: subtitles/subtitles.srt.",
    arguments: ["OUT_DIR"])

  @OptionGroup var words: StageWords

  static func work(
    _ arguments: [String], _ context: StageContext, _ manifest: inout StageManifest
  ) async throws {
    let style = try SubtitleStyle(context.settings)
    let transcript = try transcript(context, &manifest)
    let cues = CueBuilder(style: style).cues(of: transcript)
    let srt = SubtitleFile.srt(cues)
    let output = context.path("subtitles/subtitles.srt")
    let web = context.path("subtitles/subtitles.vtt")
    let merged = context.path("en_merged/\(context.jobName).merged.srt")
    try context.write(SubtitleFile.vtt(cues), to: web)
    try context.write(srt, to: merged)
    try context.write(srt, to: output)
    context.log.info("\(cues.count) subtitles")
    if cues.isEmpty { context.log.warning("the transcript is empty, and so are the subtitles") }
    manifest.addOutput("srt", output, "Subtitles")
    manifest.addOutput("vtt", web, "Subtitles for the web")
    manifest.addOutput("merged", merged, "The same, under the job's name")
    manifest.addMetadata("cues", .int(cues.count))
    manifest.addMetadata("language", .string(transcript.textLanguage?.code))
    manifest.addMetadata("max_line_length", .int(style.lineWidth))
    manifest.addMetadata("max_lines", .int(style.lines))
  }

  /// The transcript with corrected names, where it belongs to the transcript that is there now; else that one.
  private static func transcript(_ context: StageContext, _ manifest: inout StageManifest) throws -> Transcript {
    let source = context.path("transcription/transcript.json")
    try context.require(source, from: "asr")
    var transcript = try Transcript(reading: context.document(source) ?? .null, source)
    manifest.addInput("transcript", source, "Transcript with word times")
    let path = context.path("post_ner/\(context.jobName).corrected.json")
    var isCorrected = false
    if let document = try context.document(path) {
      let corrected = Transcript(document)
      if corrected.isCorrection(of: transcript) {
        transcript = corrected
        isCorrected = true
        manifest.addInput("corrected", path, "Transcript with corrected names")
      } else {
        context.log.warning("\(path) belongs to an earlier transcript; it was passed over")
      }
    }
    manifest.addMetadata("corrected", .bool(isCorrected))
    addSpeakers(to: &transcript, context, &manifest)
    return transcript
  }

  /// The speakers as diarization knows them now: it may have run again after asr.
  private static func addSpeakers(
    to transcript: inout Transcript, _ context: StageContext, _ manifest: inout StageManifest
  ) {
    let path = context.path("diarization/speaker_segments.json")
    guard let document = try? context.document(path), let turns = SpeechSegment.list(document), !turns.isEmpty
    else { return }
    manifest.addInput("speaker_segments", path, "Who speaks when")
    Speakers(turns).assign(to: &transcript)
  }
}

extension Transcript {
  /// Whether this is `other` with some names corrected and nothing else.
  func isCorrection(of other: Transcript) -> Bool {
    segments.count == other.segments.count
      && zip(segments, other.segments).allSatisfy { mine, theirs in
        mine.start == theirs.start && mine.end == theirs.end && mine.heardText == theirs.text
      }
  }
}
