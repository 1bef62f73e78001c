public import SystemPackage

extension Manifest {
  /// What kind of manifest this is, by its fields.
  public var kind: ManifestKind {
    if document["stages"]?.array != nil { return .later }
    if document["job_id"] != nil || document["output_dir"] != nil { return .job }
    if document["stages"]?.object != nil { return .stage }
    if document["timestamp"] != nil || document["output"]?.object != nil || document["pipeline"]?["steps"] != nil {
      return .builder
    }
    return .job
  }

  /// Everything that is not as documented, in the order of the documented fields. A manifest as documented has none.
  ///
  /// - Parameter folder: the manifest's folder, to look the recorded files up; `nil` leaves the files alone.
  public func findings(in folder: FilePath?) -> [ManifestFinding] {
    var check = ManifestCheck(manifest: self, folder: folder)
    return check.run()
  }
}

/// Gathers findings over one manifest.
struct ManifestCheck {
  let manifest: Manifest
  let folder: FilePath?
  private var findings: [ManifestFinding] = []

  init(manifest: Manifest, folder: FilePath?) { (self.manifest, self.folder) = (manifest, folder) }

  var root: JSON { manifest.document }

  mutating func run() -> [ManifestFinding] {
    findings = manifest.document.findings(at: "$")
    checkKind()
    checkHead()
    checkInput()
    checkStages()
    checkPipeline()
    checkTiming()
    return findings
  }

  mutating func error(_ path: String, _ message: String) {
    findings.append(.init(path: path, severity: .error, message: message))
  }

  mutating func warning(_ path: String, _ message: String) {
    findings.append(.init(path: path, severity: .warning, message: message))
  }

  private mutating func checkKind() {
    switch manifest.kind {
    case .job: break
    case .stage: error("$.job_id", "is missing: this is a manifest of stages alone, not of a job")
    case .builder: error("$.version", "is that of a builder's manifest; expected \"1.0.0\"")
    case .later: error("$.stages", "is a list; expected an object with a member a stage")
    }
    let builderKeys = ["timestamp", "output", "devices", "resumed_at"].filter { root[$0] != nil }
    if manifest.kind != .builder, let key = builderKeys.first {
      error("$.\(key)", "belongs to a builder's manifest: two schemas stand in one file")
    } else if manifest.kind == .builder, root["stages"] != nil || root["created_at"] != nil {
      error("$.stages", "stands beside a builder's fields: two schemas stand in one file")
    }
  }

  private mutating func checkHead() {
    expect("$.version", root["version"], "a string", optional: false) { $0.string != nil }
    if let version = root["version"]?.string, version != "1.0.0", manifest.kind != .builder {
      error("$.version", "is \"\(version)\"; expected \"1.0.0\"")
    }
    expect("$.created_at", root["created_at"], "a local time like 2025-10-30T15:44:30.123456", optional: false, isTime)
    checkZone("$.created_at", root["created_at"])
    expect("$.timezone", root["timezone"], "a text", optional: true) { $0.isNull || $0.string != nil }
    guard manifest.kind == .job else { return }
    expect("$.job_id", root["job_id"], "an id like 20251030-001", optional: false) {
      $0.string.flatMap { JobID($0) } != nil
    }
    expect("$.user_id", root["user_id"], "a whole number from 1", optional: false, isUser)
    expect("$.job_env_file", root["job_env_file"], "a path", optional: false) { $0.string != nil }
    expect("$.output_dir", root["output_dir"], "a path", optional: false) { $0.string != nil }
  }

  private mutating func checkInput() {
    guard let input = root["input"] else {
      if manifest.kind == .job { error("$.input", "is missing; expected an object with file, title and year") }
      return
    }
    guard input.object != nil else { return error("$.input", "is \(input.kind); expected an object") }
    expect("$.input.file", input["file"], "a path or null", optional: false) { $0.string != nil || $0.isNull }
    expect("$.input.title", input["title"], "a text or null", optional: true) { $0.string != nil || $0.isNull }
    switch input["year"] {
    case .string(let text)?: error("$.input.year", "is the string \"\(text)\"; expected a number or null")
    case .number?:
      // The first films are of 1888; a resolution that was taken for a year is about.
      expect("$.input.year", input["year"], "a year or null", optional: true) {
        $0.int.map { (1888...9999).contains($0) } ?? false
      }
    case .null?, nil: break
    case let other?: error("$.input.year", "is \(other.kind); expected a number or null")
    }
  }

  private mutating func checkPipeline() {
    guard let pipeline = root["pipeline"] else {
      error("$.pipeline", "is missing; expected an object with status, completed_stages and failed_stages")
      return
    }
    guard pipeline.object != nil else { return error("$.pipeline", "is \(pipeline.kind); expected an object") }
    let status = pipeline["status"]
    if status?.string.flatMap({ PipelineStatus(rawValue: $0) }) == nil {
      let found = status?.string.map { "\"\($0)\"" } ?? status?.kind ?? "missing"
      error("$.pipeline.status", "is \(found); expected pending, running, completed, failed or interrupted")
    }
    expect("$.pipeline.current_stage", pipeline["current_stage"], "a stage's name or null", optional: true) {
      $0.isNull || $0.string != nil
    }
    let lists: [(String, StageStatus)] = [
      ("completed_stages", .success), ("failed_stages", .failed), ("skipped_stages", .skipped),
    ]
    for (name, meaning) in lists {
      checkList("$.pipeline.\(name)", pipeline[name], meaning, required: meaning != .skipped)
    }
    checkVerdict(pipeline)
  }

  private mutating func checkList(_ path: String, _ value: JSON?, _ meaning: StageStatus, required: Bool) {
    guard let value else {
      if required { error(path, "is missing; expected a list of stages") }
      return
    }
    guard let list = value.array else { return error(path, "is \(value.kind); expected a list of stages") }
    var named: Set<StageName> = []
    for (index, entry) in list.enumerated() {
      guard let name = entry.string else {
        error("\(path)[\(index)]", "is \(entry.kind); expected a stage's name")
        continue
      }
      let stage = manifest.stage(name)
      if let status = stage?.status, status != meaning {
        error("\(path)[\(index)]", "still names \(name), whose status is \(status.rawValue)")
      } else if stage == nil, meaning == .failed, manifest.kind == .job {
        warning("\(path)[\(index)]", "names \(name), of which there is no record")
      }
      if !named.insert(StageName(name)).inserted { warning("\(path)[\(index)]", "names \(name) once more") }
    }
    // A stage notes its success itself, and only then in the list.
    guard meaning == .success, manifest.kind == .job, manifest.recordedStatus != .running else { return }
    for stage in manifest.stages where stage.status == .success && !named.contains(StageName(stage.name)) {
      warning(path, "does not name \(stage.name), whose status is success")
    }
  }

  private mutating func checkVerdict(_ pipeline: JSON) {
    let stages = manifest.stages
    let recorded = manifest.recordedStatus
    if recorded == .failed && manifest.hasComeThrough {
      error("$.pipeline.status", "is \"failed\" although every stage succeeded")
    }
    if recorded == .completed, let open = stages.first(where: { $0.status == .failed || $0.status == .running }) {
      error("$.pipeline.status", "is \"completed\" although \(open.name) is \(open.status?.rawValue ?? "open")")
    }
    if recorded != .running, recorded != nil, let current = pipeline["current_stage"]?.string {
      error("$.pipeline.current_stage", "is \"\(current)\" although nothing runs; expected null")
    }
    if recorded == .running, pipeline["current_stage"]?.isNull != false,
      let busy = stages.first(where: { $0.status == .running })
    {
      warning("$.pipeline.current_stage", "is null although \(busy.name) is running")
    }
  }

  private mutating func checkTiming() {
    guard let timing = root["timing"] else {
      if manifest.kind == .job {
        error("$.timing", "is missing; expected an object with started_at, completed_at and total_seconds")
      }
      return
    }
    guard timing.object != nil else { return error("$.timing", "is \(timing.kind); expected an object") }
    checkTimes("$.timing", timing, "a local time or null", isRunning: manifest.recordedStatus == .running)
    expect("$.timing.total_seconds", timing["total_seconds"], "seconds from 0, or null", optional: true) {
      $0.isNull || ($0.double.map { $0 >= 0 } ?? false)
    }
  }

  /// - Parameter isRunning: it has begun anew, and may still say when it ended before.
  mutating func checkTimes(_ path: String, _ fields: JSON, _ expected: String, isRunning: Bool) {
    for key in ["started_at", "completed_at"] {
      expect("\(path).\(key)", fields[key], expected, optional: true) { $0.isNull || isTime($0) }
      checkZone("\(path).\(key)", fields[key])
    }
    func moment(_ key: String) -> Timestamp? { fields[key]?.string.flatMap { Timestamp($0) } }
    guard !isRunning, let started = moment("started_at"), let ended = moment("completed_at"), ended < started
    else { return }
    let place = "\(path).completed_at"
    if ended.seconds(since: started) < -3600 { return error(place, "is before started_at") }
    // No more than the clocks go back in autumn.
    warning(place, "is before started_at; was the clock set back?")
  }

  private mutating func checkZone(_ path: String, _ value: JSON?) {
    guard let text = value?.string, let time = text.split(separator: "T").dropFirst().first else { return }
    if isTime(.string(text)), time.contains(where: { "Zz+-".contains($0) }) {
      warning(path, "has a zone; expected local time without one")
    }
  }

  mutating func expect(
    _ path: String, _ value: JSON?, _ what: String, optional: Bool, _ isRight: (JSON) -> Bool
  ) {
    guard let value else {
      if !optional { error(path, "is missing; expected \(what)") }
      return
    }
    if !isRight(value) {
      let shown = value.string.map { "\"\($0.prefix(60))\"" } ?? value.digits.map { String($0.prefix(60)) }
      error(path, "is \(shown ?? value.kind); expected \(what)")
    }
  }
}

func isTime(_ value: JSON) -> Bool { value.string.flatMap { Timestamp($0) } != nil }

func isUser(_ value: JSON) -> Bool { value.int.map { $0 >= 1 } ?? false }
