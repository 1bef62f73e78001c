public import SystemPackage

/// The log files of a job.
public struct JobLogs: Sendable {
  private let paths: JobPaths
  /// The orchestrator's, oldest first, then the stages' in the order they ran, then any others.
  public let files: [FilePath]

  public init(of paths: JobPaths) {
    self.paths = paths
    let all = names(in: paths.logs).filter { $0.hasSuffix(".log") }
    let order = ((try? Manifest(reading: paths.manifest))?.stages ?? []).map { StageName($0.name) }
    func rank(_ name: String) -> Int {
      if Self.isOrchestrators(name) { return -1 }
      return order.firstIndex(of: StageName(String(name.dropLast(4)))) ?? order.count
    }
    files = all.sorted { (rank($0), $0) < (rank($1), $1) }.map { paths.logs.appending($0) }
  }

  /// What the name of the orchestrator's log of a run begins with.
  package static let orchestratorPrefix = "orchestrator_"

  /// Whether a log is the orchestrator's, by its name.
  static func isOrchestrators(_ name: some StringProtocol) -> Bool { name.hasPrefix(orchestratorPrefix) }

  /// The log of a stage, by either spelling of its name, and in any case where none is called just so.
  ///
  /// - Throws: ``JobError`` with code `usage` when there is none.
  public func file(of stage: String) throws -> FilePath {
    let wanted = StageName(stage)
    func name(_ file: FilePath) -> StageName { StageName(String((file.lastComponent?.string ?? "").dropLast(4))) }
    let found =
      files.first { name($0) == wanted }
      ?? files.first { name($0).description.lowercased() == wanted.description.lowercased() }
    if let found { return found }
    let known = files.compactMap { $0.lastComponent?.string.dropLast(4) }.filter { !Self.isOrchestrators($0) }
    throw JobError(
      .usage, stage, "\(paths.id) has no log of this stage",
      remedy: known.isEmpty ? "No stage of it has run." : "It has: \(known.joined(separator: ", "))")
  }
}
