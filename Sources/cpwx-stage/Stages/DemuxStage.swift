internal import ArgumentParser
internal import Engines
internal import Jobs
internal import SystemPackage

/// Stage 1: the film's sound as a WAV.
struct DemuxStage: StageCommand {
  static let stage = StageDescription(
    name: "demux", number: 1, abstract: "Extract the film's sound: audio/audio.wav.",
    arguments: ["INPUT", "OUT_DIR"])

  @OptionGroup var words: StageWords

  static func jobFolder(_ arguments: [String]) -> FilePath { FilePath(arguments[1]) }

  static func work(
    _ arguments: [String], _ context: StageContext, _ manifest: inout StageManifest
  ) async throws {
    let film = absolute(FilePath(arguments[0]))
    let settings = context.settings
    let rate = try settings.int("AUDIO_SAMPLE_RATE", in: 8000...192_000) ?? 16_000
    let channels = try settings.int("AUDIO_CHANNELS", in: 1...8) ?? 1
    manifest.addInput("video", film, "Input video file")

    let probe = try await MediaProbe.read(film)
    let choice = try chooseTrack(probe, film, settings)
    let (track, source) = (choice.track, choice.stream)
    context.log.info("sound track \(track + 1): \(source.description), \(choice.why)")
    let output = try MediaOutput(context.audio, context)
    let complaints: [String]
    do {
      complaints = try await FFmpeg(log: context.log).run(
        ["-i", FFmpeg.name(film), "-map", "0:a:\(track)", "-vn", "-ac", "\(channels)", "-ar", "\(rate)"]
          + ["-af", "aresample=async=1:first_pts=0"]
          + ["-c:a", "pcm_s16le", "-rf64", "auto", "-f", "wav", FFmpeg.name(output.temporary)]
          + clock(of: probe, for: source),
        about: film, duration: probe.duration, progress: context.progress.part(0...0.98, "sound"))
      try output.commit()
    } catch {
      output.discard()
      throw error
    }
    let duration = try await MediaProbe.read(context.audio).duration ?? 0
    guard duration > 0 else {
      throw JobError(
        .damaged, film.string, "\(source.description) holds no sound that can be decoded",
        remedy: "Choose another one with AUDIO_TRACK, or get a whole copy of the film.")
    }
    let isCut = complaints.contains { $0.contains("partial file") || $0.contains("ended prematurely") }
    if let whole = probe.durationBeforeCut ?? (isCut ? probe.duration : nil), MediaProbe.isShort(duration, of: whole) {
      unlink(context.audio)
      throw JobError(
        .damaged, film.string, "ends after \(Int(duration)) s of \(Int(whole)) s: the copy is not complete",
        remedy: "Copy or download the film again.")
    }
    let notes = [choice.note].compactMap { $0 } + notes(complaints, duration, probe)
    for note in notes { context.log.warning(note) }

    let facts = context.path("audio/audio_demux_metadata.json")
    try context.write(
      [
        "input": .string(film.string), "track": .int(track + 1), "sample_rate": .int(rate),
        "channels": .int(channels), "duration": .seconds(duration), "notes": .strings(notes),
        "source": source.fields, "format": probe.format, "streams": .array(probe.streams.map(\.fields)),
      ], to: facts)
    manifest.addOutput(
      "audio", context.audio, "Extracted \(rate / 1000)kHz \(channels == 1 ? "mono" : "\(channels)-channel") audio")
    manifest.addOutput("metadata", facts, "What ffprobe finds in the film")
    manifest.addMetadata("sample_rate", .int(rate))
    manifest.addMetadata("channels", .int(channels))
    manifest.addMetadata("duration", .seconds(duration))
    manifest.addMetadata("track", .int(track + 1))
    manifest.addMetadata("track_reason", .string(choice.why))
    manifest.addMetadata("source_codec", .string(source.codec))
    manifest.addMetadata("source_language", .string(source.language))
    manifest.addMetadata("notes", .strings(notes))
  }

  /// Has ffmpeg count from the film's beginning also in formats where it counts from the first of the streams it is to read:
  /// of sound that sets in later than the picture, the picture is read too.
  private static func clock(of probe: MediaProbe, for sound: MediaProbe.Stream) -> [String] {
    guard let start = sound.start, let whole = probe.start, start > whole,
      let picture = probe.streams("video").first(where: { !$0.isCover })
    else { return [] }
    return ["-map", "0:\(picture.index)", "-c", "copy", "-f", "null", "-"]
  }

  /// A sound track, and why it was taken.
  private struct Choice {
    /// Its place among the sound tracks, from 0.
    var track: Int
    var stream: MediaProbe.Stream
    var why: String
    /// What somebody should look at.
    var note: String?
  }

  /// The sound track that AUDIO_TRACK names, else one in the language that is to be heard, else the film's default one,
  /// else its first.
  private static func chooseTrack(_ probe: MediaProbe, _ film: FilePath, _ settings: Settings) throws -> Choice {
    let tracks = probe.streams("audio")
    guard !tracks.isEmpty else {
      throw JobError(
        .damaged, film.string, "has no sound track",
        remedy: "A silent film needs no subtitles of speech; take it out of in/.")
    }
    if let wanted = try settings.int("AUDIO_TRACK", in: 1...999) {
      guard wanted <= tracks.count else {
        throw settings.wrong("AUDIO_TRACK", "\(wanted)", "but \(film) has \(tracks.count) sound tracks")
      }
      return Choice(track: wanted - 1, stream: tracks[wanted - 1], why: "as AUDIO_TRACK says")
    }
    let (key, spoken) = settings.spokenLanguage
    let able = tracks.indices.filter { index in
      spoken != nil && Language(tracks[index].language) == spoken && !tracks[index].isBesideTheFilm
    }
    if let index = able.first(where: { tracks[$0].isDefault }) ?? able.first {
      return Choice(track: index, stream: tracks[index], why: "in the language of \(key)")
    }
    let marked = tracks.firstIndex(where: \.isDefault)
    let index = marked ?? 0
    var choice = Choice(
      track: index, stream: tracks[index], why: marked == nil ? "the first" : "the film's default one")
    if let spoken, let tagged = Language(tracks[index].language), tagged.isKnown, tagged != spoken {
      choice.note =
        "no sound track says that it is \(spoken.englishName), as \(key)=\(settings[key] ?? "") has it; taken was"
        + " \(tracks[index].description). If that is wrong, name another with AUDIO_TRACK, or correct \(key)"
    }
    return choice
  }

  private static func notes(_ complaints: [String], _ duration: Double, _ probe: MediaProbe) -> [String] {
    var notes: [String] = []
    if !complaints.isEmpty {
      notes.append("ffmpeg complained while decoding: \(complaints.suffix(3).joined(separator: "; "))")
    }
    if let whole = probe.duration, duration < whole * 0.9 - 2 {
      notes.append("the sound ends after \(Int(duration)) s, the film after \(Int(whole)) s: it may be cut short")
    }
    return notes
  }
}
