public import SystemPackage

/// `manifest.json`: what a job has done. A view over the document, which keeps every key this view does not know.
///
/// Reads every kind that is in use: the documented one (`stages` an object), the older with `movie_dir` instead of a
/// job, the builder's 0.1.0 (no stages but `pipeline.completed_stages`), and the later one (`stages` a list).
public struct Manifest: Sendable, Equatable {
  public var document: JSON

  public init(document: JSON) { self.document = document }

  /// - Throws: ``JobError`` with code `damaged` or `io`.
  public init(reading path: FilePath) throws { document = try readDocument(path) }

  /// - Parameter omission: what of the document is not needed.
  /// - Throws: ``JobError`` with code `damaged` or `io`.
  public init(reading path: FilePath, leavingOut omission: JSON.Omission) throws {
    try self.init(parsing: DurableFile.read(path), of: path, leavingOut: omission)
  }

  /// - Parameters:
  ///   - bytes: what the file at `path` holds.
  ///   - omission: what of the document is not needed.
  /// - Throws: ``JobError`` with code `damaged`.
  package init(parsing bytes: [UInt8], of path: FilePath, leavingOut omission: JSON.Omission) throws {
    document = try Jobs.document(of: bytes, at: path, leavingOut: omission)
  }

  /// The documented manifest of a job that has not begun.
  public init(newFor paths: JobPaths, created: Timestamp, by maker: String? = nil, in workspace: Workspace) {
    document = [
      "version": .string("1.0.0"),
      "created_at": .string(created.text),
      "timezone": .string(created.timezone),
      "job_id": .string(paths.id.description),
      "user_id": .int(paths.userID),
      "job_env_file": .string(workspace.documentPath(paths.temporaryEnv)),
      "input": ["file": .null, "title": .null, "year": .null],
      "output_dir": .string(workspace.documentPath(paths.output)),
      "stages": .object(.init()),
      "pipeline": Self.newPipeline(.pending),
      "timing": ["started_at": .null, "completed_at": .null, "total_seconds": .null],
    ]
    document["created_by"] = maker.map { .string($0) }
  }

  public var jobID: String? { document["job_id"]?.string }
  public var inputFile: String? { document["input"]?["file"]?.string }
  public var title: String? { document["input"]?["title"]?.string }
  /// Also where an older writer made it a string.
  public var year: Int? {
    document["input"]?["year"].flatMap { $0.int ?? $0.string.flatMap { Int($0) } }
  }

  /// The stages' records in their order. Where two schemas stand in one file, the builder's come after.
  public var stages: [StageRecord] {
    let records = recordedStages
    let isBuilders = records.isEmpty || document["pipeline"]?["steps"]?.object != nil
    guard isBuilders else { return records }
    let known = Set(records.map { StageName($0.name) })
    return records + builderStages.filter { !known.contains(StageName($0.name)) }
  }

  /// The entries of `stages` as they stand there, several of one stage included.
  package var recordedStages: [StageRecord] {
    switch document["stages"] {
    case .object(let object)?: object.members.map { StageRecord(name: $0.name, fields: $0.value) }
    case .array(let list)?:
      list.compactMap { entry in
        (entry["name"] ?? entry["stage_name"])?.string.map { StageRecord(name: $0, fields: entry) }
      }
    default: []
    }
  }

  /// The record of a stage, by either spelling of its name.
  public func stage(_ name: String) -> StageRecord? {
    let wanted = StageName(name)
    let all = stages
    return all.last { $0.name == name } ?? all.last { StageName($0.name) == wanted }
  }

  /// What the document says the pipeline's state is; `nil` when it says nothing that is known.
  public var recordedStatus: PipelineStatus? {
    let pipeline = document["pipeline"]?["status"]?.string ?? document["status"]?.string
    return pipeline.flatMap { $0 == "prepared" ? .pending : PipelineStatus(rawValue: $0) }
  }

  /// The pipeline's state, as true as it can be told: a recorded `running` that nobody runs is `interrupted`, and
  /// `failed` is not believed where no stage failed, nor anything else that is told of: its lists keep what came right since.
  public func status(isRunning: Bool) -> PipelineStatus {
    if isRunning { return .running }
    switch recordedStatus {
    case .running?: return .interrupted
    case .failed? where hasComeThrough: return .completed
    case .failed? where isFailedInNameOnly: return .interrupted
    case let status?: return status
    case nil:
      if stages.isEmpty { return .pending }
      return hasComeThrough ? .completed : .interrupted
    }
  }

  /// Whether the records tell of a pipeline that came through: every stage succeeded or was left out, nothing else
  /// failed, and of the documented pipeline the last stage is there. A run may have died before that one.
  var hasComeThrough: Bool {
    let stages = stages
    guard document["pipeline"]?["error"].isNothing != false, stages.contains(where: { $0.status == .success }),
      stages.allSatisfy({ $0.status == .success || $0.status == .skipped })
    else { return false }
    let done = Set(stages.map { StageName($0.name) })
    return !done.contains(StageName("demux")) || done.contains(StageName("mux"))
  }

  /// Whether nothing bears out that it failed: all its stages are recorded, and none of them as failed.
  private var isFailedInNameOnly: Bool {
    let stages = stages
    guard document["pipeline"]?["error"].isNothing != false, stages.contains(where: { $0.status != nil }),
      stages.allSatisfy({ $0.status != .failed })
    else { return false }
    let known = Set(stages.map { StageName($0.name) })
    return (document["pipeline"]?["failed_stages"]?.array ?? []).compactMap(\.string)
      .allSatisfy { known.contains(StageName($0)) }
  }

  /// The builder's `pipeline.steps`, then what its lists name beside them.
  ///
  /// `skipped_stages` holds failures too: without a step that tells, they count as failed in a pipeline that failed.
  private var builderStages: [StageRecord] {
    let pipeline = document["pipeline"]
    func listed(_ key: String, _ status: StageStatus) -> [StageRecord] {
      (pipeline?[key]?.array ?? []).compactMap(\.string).map { name in
        StageRecord(name: name, fields: ["status": .string(status.rawValue)])
      }
    }
    let steps = (pipeline?["steps"]?.object?.members ?? []).map { StageRecord(name: $0.name, fields: $0.value) }
    let lists =
      listed("completed_stages", .success) + listed("failed_stages", .failed)
      + listed("skipped_stages", recordedStatus == .failed ? .failed : .skipped)
    var known: Set<StageName> = []
    return (steps.filter { $0.status != nil } + lists).filter { known.insert(StageName($0.name)).inserted }
  }
}

/// `pipeline.status` of a manifest.
public enum PipelineStatus: String, Sendable, CaseIterable {
  case pending, running, completed, failed, interrupted
}

/// `status` of a stage.
public enum StageStatus: String, Sendable, CaseIterable {
  case running, success, failed, skipped
}

/// A stage's name; hyphens and underscores name the same stage.
public struct StageName: Hashable, Sendable, CustomStringConvertible {
  /// With underscores.
  public let description: String

  public init(_ text: String) {
    let hyphen = UInt8(ascii: "-")
    guard text.utf8.contains(hyphen) else {
      description = text
      return
    }
    description = String(decoding: text.utf8.map { $0 == hyphen ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
  }
}

/// One entry of a manifest's `stages`.
public struct StageRecord: Sendable, Equatable {
  public var name: String
  public var fields: JSON

  public init(name: String, fields: JSON) {
    self.name = name
    self.fields = fields
  }

  /// Also where a later writer called success `completed`.
  public var status: StageStatus? {
    fields["status"]?.string.flatMap { $0 == "completed" ? .success : StageStatus(rawValue: $0) }
  }
  /// From 1; 0 where none is recorded.
  public var attempt: Int { fields["attempt"]?.ordinal ?? 0 }
  /// Seconds.
  public var duration: Double? { (fields["duration_seconds"] ?? fields["duration"])?.seconds }
  public var error: String? { fields["error"]?.string }
  public var reason: String? { fields["reason"]?.string }
  /// Whether it failed only because its run ended.
  public var isInterrupted: Bool { reason == stoppedOnRequest || error == interruptedAtWork }
  /// Why it failed or was left out, in a line for people.
  public var cause: String? { failureCause(reason: reason, said: error)?.lastLine }
  public var fingerprint: String? { fields["fingerprint"]?.string }

  /// The recorded outputs in their order.
  public var outputs: [(key: String, file: RecordedFile)] {
    (fields["outputs"]?.object?.members ?? []).map { ($0.name, RecordedFile($0.value)) }
  }
}

/// A file as a manifest records it.
public struct RecordedFile: Sendable, Equatable {
  public var path: String?
  public var exists: Bool?
  /// Bytes.
  public var size: Int?
  public var description: String?

  init(_ fields: JSON) {
    path = fields["path"]?.string ?? fields.string
    exists = fields["exists"]?.bool
    size = fields["size_bytes"]?.int
    description = fields["description"]?.string
  }

  /// The documented fields for the file at `path`, as it is now.
  public static func fields(of path: FilePath, description: String, key: String? = nil) -> JSON {
    let status = try? FileStatus(of: path)
    var object = JSON.Object()
    if let key { object["key"] = .string(key) }
    object["path"] = .string(path.string)
    object["exists"] = .bool(status != nil)
    object["size_bytes"] = .int(status?.size ?? 0)
    object["description"] = .string(description)
    return .object(object)
  }
}
