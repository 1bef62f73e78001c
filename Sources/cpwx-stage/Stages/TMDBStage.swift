internal import ArgumentParser
internal import Jobs
internal import SystemPackage

/// Stage 2: what is known of the film.
struct TMDBStage: StageCommand {
  static let stage = StageDescription(
    name: "tmdb", number: 2, abstract: "Look the film up: metadata/tmdb_data.json.",
    arguments: ["OUT_DIR", "TITLE", "[YEAR]"])

  @OptionGroup var words: StageWords

  static func work(
    _ arguments: [String], _ context: StageContext, _ manifest: inout StageManifest
  ) async throws {
    let title = arguments[1].trimmed
    let year = try arguments.count > 2 && !arguments[2].isEmpty ? Self.year(arguments[2]) : nil
    let online = try await lookUp(title, year, context)
    var notes = [online.note].compactMap { $0 }
    let facts = online.facts ?? offline(title, year, context, &manifest, &notes)
    context.log.info("\(facts.title)\(facts.year.map { " (\($0))" } ?? ""), from \(facts.source)")

    var document = facts.json
    document["notes"] = .strings(notes)
    let output = context.path("metadata/tmdb_data.json")
    let prompt = context.path("prompts/tmdb_prompt.txt")
    let names = facts.cast.flatMap { [$0.character, $0.name].compactMap { $0 } }
    let text = PromptWriter.prompt(title: facts.title, year: facts.year, names: names) ?? ""
    try context.write(text + "\n", to: prompt)
    try context.write(document, to: output)
    manifest.addOutput("tmdb_data", output, "Film metadata")
    manifest.addOutput("prompt", prompt, "Prompt of title and cast")
    manifest.addMetadata("source", .string(facts.source))
    manifest.addMetadata("title", .string(facts.title))
    manifest.addMetadata("year", .int(facts.year))
    manifest.addMetadata("tmdb_id", .int(facts.tmdbID))
    manifest.addMetadata("cast", .int(facts.cast.count))
    manifest.addMetadata("notes", .strings(notes))
    // The later stages have what they can get; whoever gave the key should still hear of it.
    if let refusal = online.refusal { throw refusal }
  }

  private struct Online {
    var facts: FilmFacts?
    var note: String?
    var refusal: JobError?
  }

  private static func year(_ text: String) throws -> Int {
    guard let year = Int(text), (1800...2200).contains(year) else {
      throw JobError(.usage, text, "is no year of a film")
    }
    return year
  }

  private static func lookUp(_ title: String, _ year: Int?, _ context: StageContext) async throws -> Online {
    let settings = context.settings
    guard let key = try settings.secret("TMDB_API_KEY", "tmdb_api_key") else {
      return Online(note: "no TMDB key is set; TMDB was not asked")
    }
    var client = TMDBClient(key: key, proxy: settings["HTTPS_PROXY"] ?? settings["https_proxy"], log: context.log)
    if let base = settings["TMDB_BASE_URL"] { client.base = base.hasSuffix("/") ? String(base.dropLast()) : base }
    client.language = settings["TMDB_LANGUAGE"] ?? client.language
    do {
      if let facts = try await client.film(title: title, year: year) { return Online(facts: facts) }
      let note = "TMDB knows no film \(title)\(year.map { " of \($0)" } ?? "")"
      context.log.warning(note)
      return Online(note: note)
    } catch TMDBClient.Failure.unreachable(let reason) {
      let note = "TMDB could not be asked: \(reason)"
      context.log.warning(note)
      return Online(note: context.log.masked(note))
    } catch TMDBClient.Failure.keyRefused(let reason) {
      let error = JobError(
        .configuration, "TMDB_API_KEY", "TMDB refuses the key: \(reason)",
        remedy: "Correct it in config/.env or the file that SECRETS_PATH names. This job goes on without TMDB.")
      return Online(note: "TMDB refuses the key", refusal: error)
    }
  }

  /// What lies beside the film tells of it, else its name does.
  private static func offline(
    _ title: String, _ year: Int?, _ context: StageContext, _ manifest: inout StageManifest, _ notes: inout [String]
  ) -> FilmFacts {
    let found = context.film.map { FilmNeighbours(film: $0).find(title: title) } ?? .init()
    for note in found.notes {
      context.log.warning(note)
      notes.append(context.log.masked(note))
    }
    guard let (known, path) = found.facts else { return FilmFacts(source: "file name", title: title, year: year) }
    manifest.addInput(known.source, path, "What lies beside the film")
    var facts = known
    facts.year = facts.year ?? year
    return facts
  }
}
