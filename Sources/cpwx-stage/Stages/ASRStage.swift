internal import ArgumentParser
internal import Engines
internal import Jobs
internal import SystemPackage

/// Stage 7: what is said.
struct ASRStage: StageCommand {
  static let stage = StageDescription(
    name: "asr", number: 7, abstract: "Recognise speech: transcription/transcript.json.", arguments: ["OUT_DIR"])

  @OptionGroup var words: StageWords

  static func work(
    _ arguments: [String], _ context: StageContext, _ manifest: inout StageManifest
  ) async throws {
    let task = try context.settings.speechTask
    let engine = try await context.engine(language: task.language, task: task.name)
    let prompt = InitialPrompt.find(in: context.job, names: context.movieNames)
    record(prompt, context, &manifest)
    let token = try context.settings.huggingFaceToken
    let segments = try context.speechSegments(&manifest)
    let result = try await context.withEngineAudio(&manifest) { audio, _ in
      try await engine.run(
        [
          "target": .string(task.target?.code), "audio": .string(audio.string),
          "language": .string(task.language?.code), "task": .string(task.name),
          "prompt": .string(prompt?.text), "segments": segments.map { .array($0.map(\.json)) } ?? .null,
          "model": .string(context.settings["WHISPER_MODEL"]), "hf_token": .string(token),
        ], progress: 0...0.97)
    }
    engine.describe(result, in: &manifest)
    var transcript = Transcript(result)
    if task.language == nil {
      try task.check(heard: transcript.language, probability: result["language_probability"]?.double)
    }
    transcript.joinSplitWords()
    transcript.document["text_language"] = .string(transcript.textLanguage?.code)
    transcript.document["prompt_source"] = .string(prompt?.source.rawValue)
    let turns = context.path("diarization/speaker_segments.json")
    if let speakers = SpeechSegment.list(try context.document(turns)) {
      manifest.addInput("speaker_segments", turns, "Who speaks when")
      Speakers(speakers).assign(to: &transcript)
    }
    try write(transcript, context, &manifest)
  }

  private static func record(_ prompt: InitialPrompt?, _ context: StageContext, _ manifest: inout StageManifest) {
    manifest.addMetadata("prompt_source", .string(prompt?.source.rawValue))
    manifest.addMetadata("prompt_length", .int(prompt?.length ?? 0))
    guard let prompt else {
      context.log.info("no initial prompt is there; names may be misheard")
      return
    }
    manifest.addInput("prompt", prompt.path, "Initial prompt")
    context.log.info("Loaded \(prompt.source.shown): \(prompt.length) chars")
  }

  private static func write(
    _ transcript: Transcript, _ context: StageContext, _ manifest: inout StageManifest
  ) throws {
    let document = transcript.json
    let words = transcript.segments.reduce(0) { $0 + $1.words.count }
    let facts: [(String, JSON)] = [
      ("language", document["language"] ?? .null), ("text_language", document["text_language"] ?? .null),
      ("language_probability", document["language_probability"] ?? .null),
      ("language_heard", document["language_heard"] ?? .null), ("task", document["task"] ?? .null),
      ("model_requested", document["model_requested"] ?? .null), ("duration", document["duration"] ?? .null),
      ("segments", .int(transcript.segments.count)), ("words", .int(words)),
    ]
    var meta: JSON = [
      "engine": document["engine"] ?? .null, "model": document["model"] ?? .null,
      "prompt_source": document["prompt_source"] ?? .null, "notes": document["notes"] ?? .array([]),
    ]
    for (key, value) in facts {
      meta[key] = value
      manifest.addMetadata(key, value)
    }
    let name = "asr/\(context.jobName).asr"
    try context.write(document, to: context.path("\(name).json"))
    try context.write(transcript.table, to: context.path("\(name).txt"))
    try context.write(meta, to: context.path("\(name).meta.json"))
    let output = context.path("transcription/transcript.json")
    try context.write(document, to: output)
    context.log.info(
      "\(transcript.segments.count) segments, \(words) words in \(document["text_language"]?.string ?? "?")")
    if transcript.segments.isEmpty { context.log.warning("nothing was understood; the subtitles will be empty") }
    manifest.addOutput("transcript", output, "Transcript with word times")
    manifest.addOutput("asr_json", context.path("\(name).json"), "The same, under the job's name")
    manifest.addOutput("asr_text", context.path("\(name).txt"), "The same, to read")
    manifest.addOutput("asr_meta", context.path("\(name).meta.json"), "Facts about the recognition")
  }
}

extension Settings {
  /// What is to be done with the film's speech.
  var speechTask: SpeechTask {
    get throws { try SpeechTask(setting: { self[$0] }, wrong: wrong) }
  }
}

extension StageContext {
  /// What `[MovieName]` may stand for in file names: the job's folder, the film's stem, its title.
  var movieNames: [String] {
    let manifest = try? Manifest(reading: path("manifest.json"))
    let stem = manifest?.inputFile.flatMap { FilePath($0).lastComponent?.stem }
    return [jobName] + [stem, manifest?.title].compactMap { $0 }
  }
}
