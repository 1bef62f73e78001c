internal import SystemPackage

/// What is off in the records of stages.
extension ManifestCheck {
  mutating func checkStages() {
    switch root["stages"] {
    case .object(let object)?:
      for member in object.members {
        checkStage("$.stages.\(member.name)", StageRecord(name: member.name, fields: member.value))
      }
      var known: [StageName: String] = [:]
      for name in object.names {
        if let first = known[StageName(name)] { error("$.stages.\(name)", "is the same stage as \(first)") }
        known[StageName(name)] = known[StageName(name)] ?? name
      }
    case .array(let list)?:
      for (index, entry) in list.enumerated() {
        guard let name = (entry["name"] ?? entry["stage_name"])?.string else {
          error("$.stages[\(index)].name", "is missing")
          continue
        }
        checkStage("$.stages[\(index)]", StageRecord(name: name, fields: entry))
      }
    case nil: if manifest.kind != .builder { error("$.stages", "is missing; expected an object with a member a stage") }
    case let other?: error("$.stages", "is \(other.kind); expected an object")
    }
  }

  private mutating func checkStage(_ path: String, _ stage: StageRecord) {
    guard stage.fields.object != nil else { return error(path, "is \(stage.fields.kind); expected an object") }
    let status = stage.fields["status"]
    if status?.string.flatMap({ StageStatus(rawValue: $0) }) == nil {
      let found = status?.string.map { "\"\($0)\"" } ?? status?.kind ?? "missing"
      error("\(path).status", "is \(found); expected running, success, failed or skipped")
    }
    checkTimes(path, stage.fields, "a local time", isRunning: stage.status == .running)
    if stage.status == .running, let ended = stage.fields["completed_at"], !ended.isNull {
      error("\(path).completed_at", "is set although the stage says it is running")
    }
    expect("\(path).duration_seconds", stage.fields["duration_seconds"], "seconds from 0", optional: true) {
      $0.isNull || ($0.double.map { $0 >= 0 } ?? false)
    }
    checkIdentity(path, stage)
    checkRun(path, stage)
    for key in ["completed", "next_stage", "duration", "success"] where stage.fields[key] != nil {
      error("\(path).\(key)", "is an older orchestrator's field, and none that is documented")
    }
    checkFiles(path, stage)
  }

  private mutating func checkFiles(_ path: String, _ stage: StageRecord) {
    expect("\(path).input_files", stage.fields["input_files"], "a list", optional: true) {
      $0.array != nil || $0.isNull
    }
    for (index, file) in (stage.fields["input_files"]?.array ?? []).enumerated() {
      let place = "\(path).input_files[\(index)]"
      guard file.object != nil else {
        error(place, "is \(file.kind); expected an object with key and path")
        continue
      }
      expect("\(place).path", file["path"], "a path", optional: false) { $0.string != nil }
      checkFacts(place, file)
    }
    expect("\(path).metadata", stage.fields["metadata"], "an object", optional: true) {
      $0.object != nil || $0.isNull
    }
    guard let outputs = stage.fields["outputs"] else { return }
    guard outputs.object != nil else {
      return error("\(path).outputs", "is \(outputs.kind); expected an object with a member a file")
    }
    for (key, file) in stage.outputs {
      let place = "\(path).outputs.\(key)"
      let fields = stage.fields["outputs"]?[key] ?? .null
      if fields.object == nil { error(place, "is \(fields.kind); expected an object with path, exists and size_bytes") }
      guard let recorded = file.path else {
        if fields.object != nil { error("\(place).path", "is missing") }
        continue
      }
      checkFacts(place, fields)
      guard let folder, file.exists == true, stage.status == .success else { continue }
      let found = manifest.place(of: recorded, in: folder)
      if found.isElsewhere { warning("\(place).path", "is a path of another place; the file is here") }
      guard let now = try? FileStatus(of: found.path) else {
        error("\(place).path", "is \"\(recorded)\", and there is no such file here")
        continue
      }
      if let size = file.size, !now.isDirectory, now.size != size {
        error("\(place).size_bytes", "is \(size), and the file has \(now.size)")
      }
    }
  }

  /// What a stage says itself of which it is, and whose.
  private mutating func checkIdentity(_ path: String, _ stage: StageRecord) {
    if let named = stage.fields["stage_name"] {
      expect("\(path).stage_name", named, "\"\(stage.name)\"", optional: true) {
        $0.string.map { StageName($0) } == StageName(stage.name)
      }
    }
    expect("\(path).stage_number", stage.fields["stage_number"], "a whole number from 1", optional: true) {
      $0.isNull || ($0.int.map { $0 >= 1 } ?? false)
    }
    guard manifest.kind == .job else { return }
    if let own = manifest.jobID {
      expect("\(path).job_id", stage.fields["job_id"], "that of the job, \(own)", optional: true) {
        $0.isNull || $0.string == own
      }
    }
    let user = stage.fields["user_id"]
    expect("\(path).user_id", user, "a whole number from 1", optional: true) { $0.isNull || isUser($0) }
    if let user, isUser(user), let own = root["user_id"]?.int, own >= 1 {
      expect("\(path).user_id", user, "that of the job, \(own)", optional: true) { $0.int == own }
    }
    expect("\(path).job_env_file", stage.fields["job_env_file"], "a path", optional: true) {
      $0.isNull || $0.string != nil
    }
  }

  /// What is recorded of how a stage ran.
  private mutating func checkRun(_ path: String, _ stage: StageRecord) {
    expect("\(path).attempt", stage.fields["attempt"], "a whole number from 1", optional: true) {
      $0.isNull || ($0.int.map { $0 >= 1 } ?? false)
    }
    expect("\(path).exit_code", stage.fields["exit_code"], "a whole number", optional: true) {
      $0.isNull || $0.int != nil
    }
    for key in ["error", "reason", "log", "who", "runner", "fingerprint"] {
      expect("\(path).\(key)", stage.fields[key], "a text", optional: true) { $0.isNull || $0.string != nil }
    }
    expect("\(path).resources", stage.fields["resources"], "an object", optional: true) {
      $0.isNull || $0.object != nil
    }
  }

  /// What a file is recorded to be.
  private mutating func checkFacts(_ path: String, _ file: JSON) {
    expect("\(path).description", file["description"], "a text", optional: true) { $0.isNull || $0.string != nil }
    expect("\(path).exists", file["exists"], "true or false", optional: true) { $0.bool != nil || $0.isNull }
    expect("\(path).size_bytes", file["size_bytes"], "a whole number from 0", optional: true) {
      $0.isNull || ($0.int.map { $0 >= 0 } ?? false)
    }
  }
}
