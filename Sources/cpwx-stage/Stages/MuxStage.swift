internal import ArgumentParser
internal import Engines
internal import Jobs
internal import SystemPackage

/// Stage 10: the film with its subtitles.
struct MuxStage: StageCommand {
  static let stage = StageDescription(
    name: "mux", number: 10, abstract: "Put the subtitles into the film: final_output.mp4.",
    arguments: ["INPUT", "SRT", "OUTPUT"])

  @OptionGroup var words: StageWords

  static func jobFolder(_ arguments: [String]) -> FilePath { absolute(FilePath(arguments[2])).removingLastComponent() }

  static func work(
    _ arguments: [String], _ context: StageContext, _ manifest: inout StageManifest
  ) async throws {
    let film = absolute(FilePath(arguments[0]))
    let srt = absolute(FilePath(arguments[1]))
    let result = absolute(FilePath(arguments[2]))
    try context.require(srt, from: "subtitle_gen")
    manifest.addInput("video", film, "Input video file")
    manifest.addInput("srt", srt, "Subtitles")
    let probe = try await MediaProbe.read(film)
    guard !probe.streams("video").isEmpty || !probe.streams("audio").isEmpty else {
      throw JobError(.damaged, film.string, "holds neither picture nor sound", remedy: "Get a whole copy of the film.")
    }
    let subtitles = try subtitles(srt, context)
    var plan = MuxPlan(film: film, probe: probe, subtitles: subtitles)
    if subtitles == nil { plan.notes.append("there are no subtitles; the film was copied without any") }

    let output = try MediaOutput(result, context)
    do {
      try await write(&plan, to: output, context)
      try await plan.check(output.temporary, sound: context.audio)
    } catch {
      output.discard()
      throw error
    }
    try output.commit()
    for note in plan.notes { context.log.warning(note) }
    let named = result.removingLastComponent().appending("\(context.jobName)_with_subs.mp4")
    do {
      try linkFile(result, as: named)
      manifest.addOutput("named_video", named, "The same, under the job's name")
    } catch {
      context.log.warning("\(named) could not be linked: \(error)")
    }
    manifest.addOutput("video", result, "Film with subtitles")
    manifest.addMetadata("subtitle_language", .string(subtitles.map { $0.language?.alpha3 ?? "und" }))
    manifest.addMetadata("streams", .int(["video", "audio", "subtitle"].reduce(0) { $0 + plan.count($1) }))
    manifest.addMetadata("notes", .strings(plan.notes))
  }

  /// The subtitles with their language and name; `nil` when the file holds none.
  private static func subtitles(_ srt: FilePath, _ context: StageContext) throws -> MuxPlan.Subtitles? {
    guard SubtitleFile.hasCues(srt: try DurableFile.read(srt)) else { return nil }
    let transcript = try? context.document(context.path("transcription/transcript.json")).map { Transcript($0) }
    let language = transcript?.textLanguage ?? Language(context.settings["TGT_LANG"])
    let title = context.settings["SUBTITLE_TITLE"] ?? language?.englishName ?? "Subtitles"
    return MuxPlan.Subtitles(path: srt, language: language, title: title)
  }

  /// Copies all streams; where mp4 does not take one of them, converts that one.
  private static func write(_ plan: inout MuxPlan, to output: MediaOutput, _ context: StageContext) async throws {
    let ffmpeg = FFmpeg(log: context.log)
    let progress = context.progress.part(0...0.97, "mux")
    do {
      try await ffmpeg.run(
        plan.arguments(output: output.temporary), about: plan.film, duration: plan.probe.duration,
        isTrial: true, progress: progress)
    } catch let error as JobError where error.code == .damaged {
      guard try await plan.convertWhatDoesNotFit(log: context.log) else {
        throw error
      }
      context.log.info("mp4 does not take every stream as it is; those are converted now")
      try await ffmpeg.run(
        plan.arguments(output: output.temporary), about: plan.film, duration: plan.probe.duration, progress: progress)
    }
  }
}
