internal import ArgumentParser
internal import Engines
internal import Jobs
internal import SystemPackage

/// Stage 8: the names that were heard, corrected by those that are known.
struct PostNERStage: StageCommand {
  static let stage = StageDescription(
    name: "post_ner", number: 8, abstract: "Correct names in the transcript: entities/post_ner.json.",
    arguments: ["OUT_DIR"])

  @OptionGroup var words: StageWords

  static func work(
    _ arguments: [String], _ context: StageContext, _ manifest: inout StageManifest
  ) async throws {
    let source = context.path("transcription/transcript.json")
    try context.require(source, from: "asr")
    var transcript = Transcript(try context.document(source) ?? .null)
    manifest.addInput("transcript", source, "Transcript with word times")
    let known = try knownNames(context, &manifest)
    let (heard, notes) = try await recognise(transcript, context, &manifest)
    let corrections = correct(&transcript, known: known, heard: heard.flatMap { $0 })
    for correction in corrections { context.log.info("\(correction.from) → \(correction.to)") }

    let named = "post_ner/\(context.jobName).corrected"
    try context.write(transcript.json, to: context.path("\(named).json"))
    try context.write(transcript.table, to: context.path("\(named).txt"))
    let output = context.path("entities/post_ner.json")
    try context.write(
      [
        "entities": .array(entities(known, heard, in: transcript).map(\.json)),
        "corrections": .array(
          corrections.map { ["from": .string($0.from), "to": .string($0.to), "segment": .int($0.segment)] }),
        "notes": .strings(notes),
      ], to: output)
    context.log.info("\(corrections.count) names corrected")
    manifest.addOutput("entities", output, "Names found in the transcript and corrected")
    manifest.addOutput("corrected", context.path("\(named).json"), "Transcript with corrected names")
    manifest.addOutput("corrected_text", context.path("\(named).txt"), "The same, to read")
    manifest.addMetadata("corrections", .int(corrections.count))
    manifest.addMetadata("notes", .strings(notes))
  }

  private static func knownNames(_ context: StageContext, _ manifest: inout StageManifest) throws -> [KnownName] {
    for name in ["entities/pre_ner.json", "pre_ner/entities.json"] {
      let path = context.path(name)
      guard let document = try context.document(path) else { continue }
      manifest.addInput("entities", path, "Names known before listening")
      return KnownName.list(document)
    }
    return []
  }

  /// The names that a recogniser finds in each segment; none, and why, where no engine speaks the language.
  private static func recognise(
    _ transcript: Transcript, _ context: StageContext, _ manifest: inout StageManifest
  ) async throws -> ([[KnownName]], notes: [String]) {
    guard !transcript.segments.isEmpty else { return ([], []) }
    do {
      let engine = try await context.engine()
      let result = try await engine.run([
        "texts": .strings(transcript.segments.map(\.text)),
        "language": .string(transcript.textLanguage?.code ?? "en"),
      ])
      engine.describe(result, in: &manifest)
      return ((result["entities"]?.array ?? []).map { KnownName.list($0) }, [])
    } catch let error as JobError where error.code == .missingEngine && !context.namesAnEngine {
      let note = "the transcript was not searched for further names: \(error.message)"
      context.log.warning(note)
      return ([], [note])
    }
  }

  /// Corrects the words of every segment, and its text with them.
  static func correct(
    _ transcript: inout Transcript, known: [KnownName], heard: [KnownName]
  ) -> [NameCorrector.Correction] {
    let words = transcript.segments.map(\.writtenWords)
    let corrector = NameCorrector(
      names: known.map(\.text), transcript: words.flatMap { $0 },
      recognised: heard.filter { FilmNames.labels.contains($0.label) }.map(\.text))
    var corrections: [NameCorrector.Correction] = []
    for index in transcript.segments.indices {
      let result = corrector.correct(words[index])
      guard !result.changes.isEmpty else { continue }
      transcript.segments[index].setWrittenWords(result.words)
      corrections += result.changes.map { NameCorrector.Correction(from: $0.from, to: $0.to, segment: index) }
    }
    return corrections
  }

  /// The names in the corrected transcript: known ones that occur in it, and what the recogniser found besides.
  private static func entities(_ known: [KnownName], _ heard: [[KnownName]], in transcript: Transcript) -> [KnownName] {
    let text = transcript.segments.map(\.text).joined(separator: " ").lowercased()
    let said = known.filter { text.contains($0.text.lowercased()) }
    let others = heard.flatMap { $0 }.map { KnownName(text: $0.text, label: $0.label, source: "transcript") }
    return said + FilmNames.further(others.filter { text.contains($0.text.lowercased()) }, besides: said)
  }
}

extension Transcript.Segment {
  /// The words as they stand in the text; those of a script without blanks are one word.
  var writtenWords: [String] {
    words.isEmpty || !isSpaced ? text.split(separator: " ").map(String.init) : words.map(\.text)
  }

  /// The text before names were corrected.
  var heardText: String { fields["heard_text"]?.string ?? text }

  /// Puts changed words in the place of ``writtenWords``, and keeps the text as it was heard.
  mutating func setWrittenWords(_ changed: [String]) {
    if !words.isEmpty && isSpaced {
      for index in words.indices { words[index].text = changed[index] }
    }
    fields["heard_text"] = .string(heardText)
    text = changed.joined(separator: " ")
  }
}
