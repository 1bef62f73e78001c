internal import Jobs
internal import SystemPackage

/// The documents that a migrated job gets: made of the plan and of what lies in the tree alone, so that they come out
/// the same however often they are made.
struct NewDocuments {
  let workspace: Workspace
  let entry: MigrationEntry
  let work: EntryWork
  let paths: JobPaths
  let inputs: InputFilms
  let migration: String

  // MARK: job.env

  /// The settings of the workspace, or those that the tree has of its own, as those of this job. Secrets are left out,
  /// and the file says which.
  func env() throws -> [UInt8] {
    let source = try work.env.map { EnvFile(parsing: try DurableFile.read($0.path)) } ?? workspace.config
    var env = EnvFile(parsing: Self.withoutCommentedSecrets(source.bytes))
    let values = Dictionary(env.values(), uniquingKeysWith: { $1 })
    var left: [String] = []
    for key in env.keys where Secrets.isSecret(key, env[key] ?? "") || Secrets.isSecret(key, values[key] ?? "") {
      // Every assignment of it, not only the one that counts.
      env[key] = nil
      left.append(key)
    }
    env["JOB_ID"] = paths.id.description
    env["USER_ID"] = String(paths.userID)
    env["OUTPUT_ROOT"] = workspace.documentPath(paths.output)
    env["LOG_ROOT"] = workspace.documentPath(paths.logs)
    guard !left.isEmpty else { return env.bytes }
    let mark = "# Left out by cpwx migrate, because they are secret: a run takes them from config/.env.\n"
    let start = env.bytes
    let gap = start.last.map { $0 == 0x0A ? "" : "\n" } ?? ""
    return start + Array((gap + mark + left.map { "\($0)=\n" }.joined()).utf8)
  }

  /// Assignments that are commented out keep no secret, either.
  private static func withoutCommentedSecrets(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      if !result.isEmpty || line.startIndex > 0 { result.append(0x0A) }
      let text = String(decoding: line, as: UTF8.self)
      let inner = text.drop { $0 == " " || $0 == "\t" }
      if inner.hasPrefix("#"), let equals = inner.firstIndex(of: "=") {
        let key = inner[..<equals].drop { "# \t".contains($0) }.split(separator: " ").last.map(String.init) ?? ""
        let value = String(inner[inner.index(after: equals)...])
        if Secrets.isSecret(key, value) {
          result += Array(text[..<equals].utf8) + Array("=".utf8)
          continue
        }
      }
      result += line
    }
    return result
  }

  // MARK: job_info.json

  func info() -> [UInt8] {
    var info = JobInfo(paths, created: created, input: input, in: workspace).document
    info["migrated_from"] = .string(entry.path)
    return info.bytes()
  }

  private var created: Timestamp { entry.created ?? Timestamp(microseconds: 0) }

  private var input: JSON {
    ["file": .string(inputFile), "title": .string(entry.title), "year": .int(entry.year)]
  }

  /// Where the film is now: in `in/`, or in the job's own folder, if it is there.
  private var inputFile: String? {
    guard let recorded = entry.inputFile else { return nil }
    let place = workspace.resolve(documentPath: recorded)
    if let moved = moved(RawPath(place)) { return workspace.documentPath(moved) }
    if exists(place) { return workspace.documentPath(place) }
    if let found = inputs.file(named: FilmGuess.lastComponent(recorded)) { return workspace.documentPath(found) }
    return recorded.hasPrefix("/app/") ? String(recorded.dropFirst(5)) : recorded
  }

  /// Where something that lies in the tree will be.
  private func moved(_ path: RawPath) -> FilePath? {
    if let inner = path.below(entry.source) { return paths.output.appending(work.newPlace(of: inner, id: paths.id)) }
    if let prepared = work.prepared, let inner = path.below(prepared) {
      return paths.output.appending(EntryMove.preparedName).appending(inner)
    }
    return nil
  }

  // MARK: manifest.json

  /// - Parameters:
  ///   - folder: where the tree lies at this moment, its names already the new ones.
  ///   - old: the manifest that it had.
  func manifest(in folder: FilePath, _ old: Manifest?) -> [UInt8] {
    var manifest = Manifest(newFor: paths, created: created, in: workspace)
    var document = manifest.document
    document["input"] = input
    for (name, value) in old?.document["input"]?.object?.pairs ?? [] where document["input"]?[name] == nil {
      document["input"]?[name] = value
    }
    document["stages"] = stages(in: folder, old)
    document["pipeline"] = pipeline(old)
    document["timing"] = timing(old)
    for (name, value) in old?.document.object?.pairs ?? [] where document[name] == nil && !Self.dropped.contains(name) {
      document[name] = value
    }
    document["migrated_from"] = note
    manifest.document = document
    return manifest.document.bytes()
  }

  /// Fields of other kinds of manifest, which the kept one still has.
  private static let dropped: Set<String> = [
    "movie_dir", "timestamp", "output", "devices", "resumed_at", "status", "stage_number", "stage_name", "input_files",
  ]

  private func stages(in folder: FilePath, _ old: Manifest?) -> JSON {
    var stages = JSON.Object()
    let records = old?.stages ?? []
    let named = entry.completedStages + entry.failedStages
    let others = records.map { StageName($0.name).description }.filter { !named.contains($0) }
    let known = StageFiles.names
    var order = known.filter { named.contains($0) || others.contains($0) }
    for name in records.map({ StageName($0.name).description }) + named where !order.contains(name) {
      order.append(name)
    }
    for name in order {
      let record = old?.stage(name)
      let status: StageStatus? =
        entry.completedStages.contains(name)
        ? .success : entry.failedStages.contains(name) ? .failed : record?.status
      guard let status else { continue }
      stages[name] = stage(name, status, record, folder)
    }
    return .object(stages)
  }

  private func stage(_ name: String, _ status: StageStatus, _ record: StageRecord?, _ folder: FilePath) -> JSON {
    let number = StageFiles.names.firstIndex(of: name).map { $0 + 1 } ?? record?.fields["stage_number"]?.int
    var fields: JSON = [
      "job_id": .string(paths.id.description), "user_id": .int(paths.userID), "stage_number": .int(number),
      "stage_name": .string(name), "job_env_file": .string(workspace.documentPath(paths.temporaryEnv)),
      "status": .string(status.rawValue),
    ]
    let old = record?.fields
    fields["started_at"] = old?["started_at"] ?? .null
    fields["completed_at"] = status == .running ? .null : old?["completed_at"] ?? .null
    fields["duration_seconds"] = old?["duration_seconds"] ?? old?["duration"] ?? .null
    fields["input_files"] = .array((old?["input_files"]?.array ?? []).map { file($0, folder) })
    var outputs = JSON.Object()
    for (key, value) in old?["outputs"]?.object?.pairs ?? [] { outputs[key] = file(value, folder) }
    if status == .success, let files = StageFiles.all.first(where: { $0.stage == name }),
      exists(folder.appending(files.documented))
    {
      var known = outputs[files.key] ?? .object(.init())
      let now = RecordedFile.fields(of: folder.appending(files.documented), description: "")
      known["path"] = .string(paths.output.appending(files.documented).string)
      known["exists"] = now["exists"]
      known["size_bytes"] = now["size_bytes"]
      known["description"] = known["description"] ?? .string("Output of \(name)")
      outputs[files.key] = known
    }
    fields["outputs"] = .object(outputs)
    fields["metadata"] = old?["metadata"] ?? .object(.init())
    let left = ["completed", "next_stage", "duration", "success", "name", "enabled", "movie_dir"]
    for (key, value) in old?.object?.pairs ?? [] where fields[key] == nil && !left.contains(key) { fields[key] = value }
    if work.stagesByFiles.contains(name) { fields["told_by"] = .string("files") }
    return fields
  }

  /// A recorded file, with the path where it is now.
  private func file(_ record: JSON, _ folder: FilePath) -> JSON {
    var record = record
    guard let recorded = (record["path"] ?? record).string else { return record }
    func place(_ text: String) {
      if record.string != nil { record = .string(text) } else { record["path"] = .string(text) }
    }
    if let inner = inner(recorded) {
      let now = work.newPlace(of: inner, id: paths.id)
      let path = folder.appending(now)
      place(paths.output.appending(now).string)
      if record.object != nil, let status = try? FileStatus(of: path) {
        record["exists"] = .bool(true)
        if !status.isDirectory { record["size_bytes"] = .int(status.size) }
      } else if record.object != nil, record["exists"] != nil {
        record["exists"] = .bool(false)
      }
    } else if let found = inputs.file(named: FilmGuess.lastComponent(recorded)),
      !exists(workspace.resolve(documentPath: recorded))
    {
      place(found.string)
    }
    return record
  }

  /// What a path on whatever host means within the tree: what follows the folder's name in it.
  private func inner(_ recorded: String) -> RawPath? {
    let path = RawPath(recorded)
    if !path.bytes.contains(RawPath.slash) { return nil }
    let parts = path.components
    if let index = parts.lastIndex(of: work.name), index + 1 < parts.count {
      return RawPath(parts[(index + 1)...].map(\.text).joined(separator: "/"))
    }
    return path.below(entry.source)
  }

  private func pipeline(_ old: Manifest?) -> JSON {
    var pipeline: JSON = [
      "status": .string((entry.status ?? .interrupted).rawValue), "current_stage": .null,
      "completed_stages": .strings(entry.completedStages), "failed_stages": .strings(entry.failedStages),
    ]
    let skipped = (old?.stages ?? []).filter { $0.status == .skipped }.map { StageName($0.name).description }
      .filter { !entry.completedStages.contains($0) && !entry.failedStages.contains($0) }
    if !skipped.isEmpty { pipeline["skipped_stages"] = .strings(skipped) }
    if entry.status != .completed, let error = old?.document["pipeline"]?["error"] { pipeline["error"] = error }
    return pipeline
  }

  private func timing(_ old: Manifest?) -> JSON {
    var timing = old?.document["timing"] ?? .null
    if timing.object == nil { timing = .object(.init()) }
    var result: JSON = [
      "started_at": timing["started_at"] ?? .string(created.text), "completed_at": .null, "total_seconds": .null,
    ]
    if entry.status == .completed || entry.status == .failed {
      let ends = (old?.stages ?? []).compactMap { $0.fields["completed_at"]?.string }
      result["completed_at"] =
        timing["completed_at"] ?? old?.document["completed_at"] ?? ends.max().map { .string($0) } ?? .null
      result["total_seconds"] = timing["total_seconds"] ?? .null
    }
    return result
  }

  private var note: JSON {
    var note: JSON = [
      "migration": .string(migration), "path": .string(entry.path), "name": .string(work.name.text),
      "layout": .string(entry.layout?.rawValue), "job_id": .string(entry.oldID), "user": .string(entry.oldUser),
      "manifest": .string(work.keptManifest), "date_source": .string(entry.dateSource),
      "title_source": .string(entry.titleSource), "year_source": .string(entry.yearSource),
    ]
    note["renamed"] = .array(
      work.renames.map { ["from": .string($0.text), "to": .string(work.newName(of: $0, id: paths.id).text)] })
    return note
  }
}

extension JSON.Object {
  var pairs: [(name: String, value: JSON)] { members.map { ($0.name, $0.value) } }
}
