public import Jobs
public import SystemPackage

/// One engine as its adapter describes it: a Python file that does the model's work of a stage or two.
public struct Engine: Sendable, Equatable {
  /// The name that ENGINE_ASR and its like take.
  public var name: String
  /// Stage names, with underscores.
  public var stages: [String]
  /// `auto` takes the highest.
  public var rank: Int
  public var isAvailable: Bool
  /// What must be installed before it is available.
  public var missing: String?
  public var version: String?
  public var models: [String]
  /// ISO 639-1 codes; `nil` when the language does not matter.
  public var languages: [String]?
  /// `transcribe`, `translate`; empty for stages without tasks.
  public var tasks: [String]
  /// What it is not good at, for people.
  public var limits: String
  /// The adapter's file.
  public var adapter: FilePath

  /// Reads what `describe` printed.
  ///
  /// - Throws: ``JobError`` with code `damaged` when a field that matters is missing.
  public init(describedBy document: JSON, adapter: FilePath) throws {
    guard let name = document["engine"]?.string,
      let stages = document["stages"]?.array ?? document["stage"].map({ [$0] })
    else {
      throw JobError(
        .damaged, adapter.string, "does not describe an engine and its stages", remedy: EngineHome.remedy)
    }
    self.name = name
    self.stages = stages.compactMap(\.string).map { StageName($0).description }
    self.adapter = adapter
    rank = document["rank"]?.int ?? 0
    isAvailable = document["available"]?.bool ?? false
    missing = document["missing"]?.string
    version = document["version"]?.string
    models = (document["models"]?.array ?? []).compactMap(\.string)
    languages = document["languages"]?.array.map { $0.compactMap(\.string) }
    tasks = (document["tasks"]?.array ?? []).compactMap(\.string)
    limits = document["limits"]?.string ?? ""
  }

  /// Whether it takes a task in a language; `nil` stands for a language that is yet to be heard, which an engine of one
  /// language cannot.
  public func serves(language: Language?, task: String?) -> Bool {
    if language == nil, task != nil, languages?.count == 1 { return false }
    let speaks = language.map { wanted in languages?.contains { Language($0) == wanted } ?? true } ?? true
    return speaks && (task.map { tasks.isEmpty || tasks.contains($0) } ?? true)
  }

  /// Why it cannot be used, for people.
  var reason: String { missing.map { "needs \($0)" } ?? "is not installed" }
}
