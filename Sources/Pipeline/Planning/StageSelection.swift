internal import Jobs

/// Which stages of a pipeline a run is about, and which of them it runs whatever their records say.
public struct StageSelection: Sendable {
  /// In the pipeline's order.
  public let wanted: [StageDefinition]
  /// Every stage of the pipeline, or of the workflow that was chosen of it.
  let all: [StageDefinition]
  let forced: Set<StageName>
  /// The text of the pipeline's file.
  let source: [UInt8]
  /// Whether stages were named that are to run again.
  public var isRerun: Bool { !forced.isEmpty }

  /// - Parameters:
  ///   - workflow: a choice the pipeline names.
  ///   - only: just these stages, again even when they are done.
  ///   - from: this stage and those after it, again.
  /// - Throws: ``JobError`` with code `usage` for names that are none.
  public init(
    of pipeline: PipelineDefinition, workflow: String? = nil, only: [String] = [], from: String? = nil
  ) throws {
    var stages = try workflow.map { try pipeline.stages(ofWorkflow: $0) } ?? pipeline.stages
    all = stages
    source = pipeline.source
    var forced: Set<StageName> = []
    if !only.isEmpty {
      let named = Set(try pipeline.stages(named: only).map(\.canonicalName))
      for name in only where !stages.contains(where: { $0.canonicalName == StageName(name) }) {
        throw Self.outside(name, stages)
      }
      stages = stages.filter { named.contains($0.canonicalName) }
      forced = Set(stages.map(\.canonicalName))
    }
    if let from {
      let first = try pipeline.require(from)
      guard stages.contains(first) else {
        throw Self.outside(from, stages)
      }
      forced = Set(stages.filter { $0.number >= first.number }.map(\.canonicalName))
    }
    wanted = stages
    self.forced = forced
  }

  private static func outside(_ name: String, _ stages: [StageDefinition]) -> JobError {
    JobError(
      .usage, name, "is not among the stages that were asked for",
      remedy: "Those are: \(stages.map(\.name).joined(separator: ", ")).")
  }

  /// Stages of a pipeline by their names, none of them to be run again.
  init(of pipeline: PipelineDefinition, named names: [String]) throws {
    wanted = try pipeline.stages(named: names)
    (all, forced, source) = (pipeline.stages, [], pipeline.source)
  }

  /// The stages that come before `stage`.
  func before(_ stage: StageDefinition) -> [StageDefinition] { all.filter { $0.number < stage.number } }
}
