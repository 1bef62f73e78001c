public import Jobs

/// One stage as the pipeline file declares it.
public struct StageDefinition: Sendable, Equatable {
  public var name: String
  /// The place in the pipeline, from 1; stages run in this order.
  public var number: Int
  /// The compose service that does the stage, for the docker runner.
  public var service: String?
  /// The local runner's argument vector, with placeholders.
  public var command: [String]?
  /// What the service's container gets, with placeholders.
  public var arguments: [String] = []
  /// Seconds an attempt may take; `nil`: as long as it wants.
  public var timeout: Double?
  /// Seconds between asking a stage to end and ending it.
  public var grace: Double = 10
  /// Whether the job fails when the stage does.
  public var critical = true
  /// Further attempts after a failure; `nil`: MAX_RETRIES of the job's settings, else none.
  public var retries: Int?
  /// Seconds before the first retry, twice as long before each further one; `nil`: RETRY_DELAY_SECONDS, else 2.
  public var backoff: Double?
  public var lane = "cpu"
  /// Processors that it keeps busy, where somebody else gives them out: a cluster's nodes are asked for them, whole, and
  /// a container has no more.
  public var cpus: Double?
  /// Bytes of memory that it needs there, and that a container must do with.
  public var memory: Int?
  /// GPUs that it needs there.
  public var gpus: Int?
  /// The setting that switches the stage off when false.
  public var enabled: String?
  /// Settings that decide the result: a change runs the stage again.
  public var env: [String] = []
  /// Files the stage reads; `nil`: unknown, so that it depends on every stage before it.
  public var inputs: [FileDeclaration]?
  /// Files that prove the stage's success.
  public var outputs: [FileDeclaration] = []

  public var canonicalName: StageName { StageName(name) }
}

/// A file that a stage reads or makes.
public struct FileDeclaration: Sendable, Equatable {
  public var key: String
  /// Relative to the job's folder, or with placeholders.
  public var path: String
  public var description = ""
  /// Its absence is no failure.
  public var optional = false
}

/// A declared pipeline: its stages in order, and the named choices among them.
public struct PipelineDefinition: Sendable, Equatable {
  public var name: String
  public var stages: [StageDefinition]
  /// Names of stages by the workflow's name.
  public var workflows: [String: [String]] = [:]
  /// How many stages of a lane run at a time, where the file says so.
  public var lanes: [String: Int] = [:]
  /// The text of the file that says all this.
  public var source: [UInt8] = []

  /// The places of every lane: as the file says, else two for the processor and one for all others.
  public var laneSizes: [String: Int] {
    ["cpu": 2].merging(stages.map { ($0.lane, 1) }) { usual, _ in usual }.merging(lanes) { $1 }
  }

  /// The stage of that name, hyphens and underscores alike.
  public func stage(_ name: String) -> StageDefinition? {
    stages.first { $0.canonicalName == StageName(name) }
  }

  /// The stages that `names` choose, in the pipeline's order.
  ///
  /// - Throws: ``JobError`` with code `usage` for a name that is no stage.
  public func stages(named names: [String]) throws -> [StageDefinition] {
    let chosen = try Set(names.map { try require($0).canonicalName })
    return stages.filter { chosen.contains($0.canonicalName) }
  }

  /// The stages of a workflow.
  ///
  /// - Throws: ``JobError`` with code `usage` for an unknown one.
  public func stages(ofWorkflow workflow: String) throws -> [StageDefinition] {
    if let names = workflows[workflow] { return try stages(named: names) }
    if workflow == name { return stages }
    let known = workflows.keys.filter { $0 != name }.sorted() + [name]
    throw JobError(
      .usage, workflow, "no such workflow.\(didYouMean(workflow, among: known))",
      remedy: "The pipeline \(name) has: \(known.joined(separator: ", "))")
  }

  /// - Throws: ``JobError`` with code `usage` for a lane that no stage is in.
  public func requireLanes(_ names: some Sequence<String>) throws {
    let known = Set(stages.map(\.lane)).sorted()
    for name in names where !known.contains(name) {
      throw JobError(
        .usage, name, "no stage is in such a lane.\(didYouMean(name, among: known))",
        remedy: "The lanes of the pipeline \(self.name): \(known.joined(separator: ", "))")
    }
  }

  /// - Throws: ``JobError`` with code `usage`.
  public func require(_ name: String) throws -> StageDefinition {
    if let stage = stage(name) { return stage }
    let known = stages.map(\.name)
    throw JobError(
      .usage, name, "no such stage.\(didYouMean(name, among: known))",
      remedy: "The pipeline \(self.name) has: \(known.joined(separator: ", "))")
  }
}
