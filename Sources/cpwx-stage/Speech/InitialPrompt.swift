internal import Jobs
internal import SystemPackage

/// The prompt that tells the recogniser names before it listens.
struct InitialPrompt: Sendable, Equatable {
  /// Where prompts come from, first the one that wins.
  enum Source: String, Sendable, CaseIterable {
    /// `prompts/ner_enhanced_prompt.txt`
    case nerEnhanced = "ner_enhanced_prompt"
    /// `[MovieName].combined.initial_prompt.txt`
    case combined = "combined_prompt"
    /// `[MovieName].initial_prompt.txt`
    case initial = "initial_prompt"
    /// Made from `pre_ner/entities.json`.
    case entities = "pre_ner_entities"

    /// What the log calls it.
    var shown: String {
      switch self {
      case .nerEnhanced: "NER-enhanced prompt"
      case .combined: "combined prompt"
      case .initial: "initial prompt"
      case .entities: "prompt from pre-NER entities"
      }
    }
  }

  var text: String
  var source: Source
  var path: FilePath

  /// How many characters it has, as Python counts them.
  var length: Int { text.unicodeScalars.count }

  /// Finds the prompt of a job by the documented priority. A file that is blank or cannot be read counts as none.
  ///
  /// - Parameter names: what `[MovieName]` may stand for, tried in this order.
  static func find(in job: FilePath, names: [String]) -> InitialPrompt? {
    func read(_ path: FilePath, _ source: Source) -> InitialPrompt? {
      // People write these, too, with the editors of any system.
      guard let bytes = try? DurableFile.read(path), let text = FileText.decoded(bytes)?.trimmed else { return nil }
      return text.isEmpty ? nil : InitialPrompt(text: text, source: source, path: path)
    }
    func named(_ ending: String, _ source: Source) -> InitialPrompt? {
      names.lazy.filter { !$0.isEmpty && !$0.contains("/") }.compactMap { read(job.appending($0 + ending), source) }
        .first
    }
    return read(job.pushing("prompts/ner_enhanced_prompt.txt"), .nerEnhanced)
      ?? named(".combined.initial_prompt.txt", .combined)
      ?? named(".initial_prompt.txt", .initial)
      ?? fromEntities(job.pushing("pre_ner/entities.json"))
  }

  private static func fromEntities(_ path: FilePath) -> InitialPrompt? {
    guard let document = try? JSON(parsing: DurableFile.read(path)) else { return nil }
    let text = PromptWriter.prompt(title: nil, year: nil, names: KnownName.list(document).map(\.text))
    return text.map { InitialPrompt(text: $0, source: .entities, path: path) }
  }
}

extension StringProtocol {
  /// Without white space at either end.
  var trimmed: String {
    var rest = self[...]
    while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
    while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
    return String(rest)
  }
}
