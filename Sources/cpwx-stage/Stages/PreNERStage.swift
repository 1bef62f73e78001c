internal import ArgumentParser
internal import Engines
internal import Jobs
internal import SystemPackage

/// Stage 3: the names that are known before anybody listens, and the prompt made of them.
struct PreNERStage: StageCommand {
  static let stage = StageDescription(
    name: "pre_ner", number: 3, abstract: "Collect names from the film's metadata: entities/pre_ner.json.",
    arguments: ["OUT_DIR"])

  @OptionGroup var words: StageWords

  static func work(
    _ arguments: [String], _ context: StageContext, _ manifest: inout StageManifest
  ) async throws {
    let source = context.path("metadata/tmdb_data.json")
    let document = try context.document(source)
    if document != nil { manifest.addInput("tmdb_data", source, "Film metadata") }
    let facts = document.flatMap { FilmFacts($0, source: $0["source"]?.string ?? "tmdb") } ?? context.factsOfManifest
    var names = facts.map { FilmNames.certain($0) } ?? []
    var notes: [String] = []
    if let overview = facts?.overview, FilmNames.looksEnglish(overview) {
      names += try await recognise(overview, names, context, &manifest, &notes)
    }

    let entities: JSON = ["entities": .array(names.map(\.json)), "notes": .strings(notes)]
    let output = context.path("entities/pre_ner.json")
    if document == nil {
      let fallback = context.path("pre_ner/entities.json")
      try context.write(entities, to: fallback)
      manifest.addOutput("entities_without_tmdb", fallback, "The same, for a job without film metadata")
    }
    try writePrompt(facts, names, context, &manifest)
    try context.write(entities, to: output)
    context.log.info("\(names.count) names are known")
    manifest.addOutput("entities", output, "Names and places known before listening")
    manifest.addMetadata("entities", .int(names.count))
    manifest.addMetadata("notes", .strings(notes))
  }

  private static func writePrompt(
    _ facts: FilmFacts?, _ names: [KnownName], _ context: StageContext, _ manifest: inout StageManifest
  ) throws {
    let path = context.path("prompts/ner_enhanced_prompt.txt")
    let spoken = FilmNames.spoken(names)
    // A file's name alone helps nobody to hear better, and would go before a prompt that the admin wrote.
    let title = facts?.source == "file name" ? nil : facts?.title
    guard let text = PromptWriter.prompt(title: title, year: facts?.year, names: spoken) else {
      // A prompt of an earlier run must not speak for this one.
      unlink(path)
      return
    }
    try context.write(text + "\n", to: path)
    manifest.addOutput("prompt", path, "Prompt for speech recognition")
  }

  private static func recognise(
    _ overview: String, _ known: [KnownName], _ context: StageContext, _ manifest: inout StageManifest,
    _ notes: inout [String]
  ) async throws -> [KnownName] {
    do {
      let engine = try await context.engine(language: .english)
      let result = try await engine.run(["texts": .strings([overview]), "language": .string("en")])
      engine.describe(result, in: &manifest)
      let found = KnownName.list(result["entities"]?.array?.first ?? .array([]))
      return FilmNames.further(found, besides: known)
    } catch let error as JobError where error.code == .missingEngine && !context.namesAnEngine {
      let note = "the overview was not searched for names: \(error.message)"
      context.log.warning("\(note)\n  \(error.remedy ?? "")")
      notes.append(note)
      return []
    }
  }
}

extension StageContext {
  /// What the manifest says of the film when no metadata stage has run.
  fileprivate var factsOfManifest: FilmFacts? {
    guard let manifest = try? Manifest(reading: path("manifest.json")), let title = manifest.title else { return nil }
    return FilmFacts(source: "file name", title: title, year: manifest.year)
  }
}
