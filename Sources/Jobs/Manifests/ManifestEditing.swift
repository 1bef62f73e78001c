internal import SystemPackage

extension Manifest {
  /// Whether `stages` can take a record; else the file is as good as damaged.
  var hasRoomForStages: Bool {
    switch document["stages"] {
    case nil, .null?, .object?, .array?: true
    default: false
    }
  }

  /// Changes the entry of `stage`, under whichever spelling it has; makes it when there is none.
  ///
  /// A second entry under the other spelling is folded in: what one alone says is kept, and where they differ, what the
  /// one says that began later.
  public mutating func changeStage(_ stage: String, _ change: (inout JSON) -> Void) {
    let wanted = StageName(stage)
    if case .array(var list)? = document["stages"] {
      let index = list.firstIndex { ($0["name"] ?? $0["stage_name"])?.string.map { StageName($0) } == wanted }
      var entry = index.map { list[$0] } ?? ["name": .string(stage)]
      change(&entry)
      if let index { list[index] = entry } else { list.append(entry) }
      document["stages"] = .array(list)
      return
    }
    var stages = document["stages"]?.object ?? .init()
    let spellings = stages.names.filter { StageName($0) == wanted }
    let name = spellings.contains(stage) ? stage : spellings.first ?? stage
    var entry = stages[name] ?? .object(.init())
    if entry.isNull { entry = .object(.init()) }
    if entry.object == nil { entry = ["replaced": entry] }
    for other in spellings where other != name {
      if let twin = stages[other] { entry = Self.folded(entry, twin) }
      stages[other] = nil
    }
    change(&entry)
    stages[name] = entry
    document["stages"] = .object(stages)
  }

  private static func folded(_ entry: JSON, _ twin: JSON) -> JSON {
    let isNewer = (twin["started_at"]?.string ?? "") > (entry["started_at"]?.string ?? "")
    return isNewer ? twin.laid(over: entry) : entry.laid(over: twin)
  }

  /// Notes in `completed_stages` and its like how a stage ended. One that succeeded stands in no other list.
  public mutating func note(_ stage: String, _ status: StageStatus) {
    var pipeline = document["pipeline"] ?? .null
    if pipeline.isNull { pipeline = Self.newPipeline(.running) }
    let lists: [(name: String, status: StageStatus)] = [
      ("completed_stages", .success), ("failed_stages", .failed), ("skipped_stages", .skipped),
    ]
    for list in lists {
      var names = pipeline[list.name]?.array ?? []
      let stands = names.contains { $0.string.map { StageName($0) } == StageName(stage) }
      if list.status == status {
        if !stands { names.append(.string(stage)) }
      } else {
        names.removeAll { $0.string.map { StageName($0) } == StageName(stage) }
      }
      if !names.isEmpty || pipeline[list.name] != nil || list.status != .skipped {
        pipeline[list.name] = .array(names)
      }
    }
    document["pipeline"] = pipeline
  }

  /// The documented `pipeline` of a job of which no stage has ended.
  static func newPipeline(_ status: PipelineStatus) -> JSON {
    [
      "status": .string(status.rawValue), "current_stage": .null, "completed_stages": .array([]),
      "failed_stages": .array([]),
    ]
  }

  /// A manifest for a folder that has none, as far as the folder tells.
  static func bare(of folder: FilePath, info: JobInfo?, created: Timestamp) -> Manifest {
    var document: JSON = [
      "version": .string("1.0.0"), "created_at": .string(created.text), "timezone": .string(created.timezone),
    ]
    document["created_by"] = info?.document["created_by"]
    document["job_id"] = info?.document["job_id"] ?? folder.lastComponent.map { .string($0.string) }
    document["user_id"] = info?.document["user_id"]
    document["job_env_file"] = info?.document["env_file"]
    document["input"] = info?.input ?? ["file": .null, "title": .null, "year": .null]
    document["output_dir"] = info?.document["output_dir"] ?? .string(folder.string)
    document["stages"] = .object(.init())
    document["pipeline"] = newPipeline(.running)
    document["timing"] = ["started_at": .string(created.text), "completed_at": .null, "total_seconds": .null]
    return Manifest(document: document)
  }
}

extension JSON {
  /// This value over `base`: of two objects the members of both, and this one's where both have something.
  func laid(over base: JSON) -> JSON {
    guard let ours = object, var merged = base.object else { return self }
    for member in ours.members {
      let below = merged[member.name]
      if Optional(member.value).isNothing && !below.isNothing { continue }
      merged[member.name] = below.map { member.value.laid(over: $0) } ?? member.value
    }
    return .object(merged)
  }
}

extension JSON? {
  /// Absent, null, or empty: nothing that could be lost.
  var isNothing: Bool {
    switch self {
    case nil, .null?: true
    case .object(let object)?: object.members.isEmpty
    case .array(let list)?: list.isEmpty
    default: false
    }
  }
}
