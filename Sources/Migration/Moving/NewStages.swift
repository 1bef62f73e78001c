internal import Jobs
internal import SystemPackage

extension NewDocuments {
  /// The stages' records as today's are, each with what it had, and the paths where things are now.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func stages(in tree: OpenTree, _ old: Manifest?) throws -> JSON {
    var stages = JSON.Object()
    let records = OldRecords(old)
    let named = entry.completedStages + entry.failedStages
    let others = (records.all.map(\.name) + records.listedAsSkipped).filter { !named.contains($0) }
    let known = StageFiles.names
    var order = known.filter { named.contains($0) || others.contains($0) }
    for name in records.all.map(\.name) + records.listedAsSkipped + named where !order.contains(name) {
      order.append(name)
    }
    for name in order {
      let record = records.record(of: name)
      let listed: StageStatus? = records.listedAsSkipped.contains(name) ? .skipped : nil
      guard let status = status(of: name, record?.verdict ?? listed) else { continue }
      stages[name] = try stage(name, status, record, tree)
    }
    return .object(stages)
  }

  /// Of a film that came through, what failed or never ended was left out: that is how a run records it, too.
  private func status(of name: String, _ recorded: StageStatus?) -> StageStatus? {
    if entry.completedStages.contains(name) { return .success }
    let status = entry.failedStages.contains(name) ? .failed : recorded
    return isLeftOut(status) ? .skipped : status
  }

  private func isLeftOut(_ status: StageStatus?) -> Bool {
    entry.status == .completed && (status == .failed || status == .running)
  }

  private func stage(_ name: String, _ status: StageStatus, _ record: StageRecord?, _ tree: OpenTree) throws -> JSON {
    let number = StageFiles.names.firstIndex(of: name).map { $0 + 1 } ?? record?.fields["stage_number"]?.int
    var fields: JSON = [
      "job_id": .string(paths.id.description), "user_id": .int(paths.userID), "stage_number": .int(number),
      "stage_name": .string(name), "job_env_file": .string(workspace.documentPath(paths.temporaryEnv)),
      "status": .string(status.rawValue),
    ]
    let old = record?.fields
    fields["started_at"] = Self.moment(old?["started_at"])
    fields["completed_at"] = status == .running ? .null : Self.moment(old?["completed_at"])
    fields["duration_seconds"] = Self.seconds(old?["duration_seconds"] ?? old?["duration"])
    fields["input_files"] = .array(try (old?["input_files"]?.array ?? []).map { try file($0, tree) })
    var outputs = JSON.Object()
    for (key, value) in old?["outputs"]?.object?.pairs ?? [] { outputs[key] = try file(value, tree) }
    if status == .success, let files = StageFiles.all.first(where: { $0.stage == name }),
      case let now = end(of: work.newLinks.first { $0.path == files.documented }?.target ?? files.documented, tree),
      now.isThere == true
    {
      let path = paths.output.appending(files.documented).string
      let told = outputs.pairs.first { $0.value["path"]?.string == path }?.value["size_bytes"]
      var known = outputs[files.key] ?? .object(.init())
      known["path"] = .string(path)
      known["exists"] = .bool(true)
      known["size_bytes"] = size(of: now, recorded: told, tree)
      known["description"] = known["description"] ?? .string("Output of \(name)")
      outputs[files.key] = known
    }
    fields["outputs"] = .object(outputs)
    fields["metadata"] = old?["metadata"] ?? .object(.init())
    let left = ["completed", "next_stage", "duration", "success", "name", "enabled", "movie_dir"]
    for (key, value) in old?.object?.pairs ?? [] where fields[key] == nil && !left.contains(key) { fields[key] = value }
    if status == .skipped, fields["reason"] == nil {
      let error = record?.error.map { ": \($0)" } ?? ""
      if entry.failedStages.contains(name) { fields["reason"] = .string("optional, and failed" + error) }
      if record?.verdict == .running { fields["reason"] = .string("recorded as running, and never as ended") }
    }
    if work.stagesByFiles.contains(name) { fields["told_by"] = .string("files") }
    return fields
  }

  /// What was recorded for a time and is none is left to the old manifest.
  private static func moment(_ value: JSON?) -> JSON {
    value.flatMap { $0.string.flatMap { Timestamp($0) } == nil ? nil : $0 } ?? .null
  }

  private static func seconds(_ value: JSON?) -> JSON {
    value.flatMap { ($0.double ?? -1) >= 0 && $0.double?.isFinite == true ? $0 : nil } ?? .null
  }

  /// A recorded file, with the path where it is now.
  private func file(_ record: JSON, _ tree: OpenTree) throws -> JSON {
    var record = record
    guard let recorded = (record["path"] ?? record).string else { return record }
    func place(_ text: String) {
      if record.string != nil { record = .string(text) } else { record["path"] = .string(text) }
    }
    if let inner = inPrepared(recorded), let file = prepared(inner, in: tree.root) {
      place(file.later.string)
      if record.object != nil, let size = file.size {
        record["exists"] = .bool(true)
        record["size_bytes"] = .int(size)
      }
    } else if let inner = inner(recorded) {
      place(paths.output.appending(work.newPlace(of: inner, id: paths.id)).string)
      let now = end(of: inner, tree)
      if record.object != nil, let isThere = now.isThere, isThere || record["exists"] != nil {
        record["exists"] = .bool(isThere)
        if let size = size(of: now, recorded: record["size_bytes"], tree) { record["size_bytes"] = size }
      }
    } else if let moved = try newPlace(of: recorded) {
      place(moved.string)
    } else if let film = inputs.film(at: recorded) {
      place(film.string)
    } else if let found = inputs.file(recordedAs: recorded), !exists(workspace.resolve(documentPath: recorded)) {
      place(found.string)
    }
    return record
  }

  /// The bytes that are recorded of a file in the tree: those that it has. Of one that was cut short since it was
  /// recorded they stay, so that a run sees it and makes it again.
  private func size(of now: LinkEnd, recorded: JSON?, _ tree: OpenTree) -> JSON? {
    guard let size = now.size else { return nil }
    guard let recorded, let whole = recorded.int, whole > size else { return .int(size) }
    let isCut = size == 0 || isCutJSON(work.newPlace(of: now.path, id: paths.id), tree)
    return isCut ? recorded : .int(size)
  }

  private func isCutJSON(_ file: RawPath, _ tree: OpenTree) -> Bool {
    guard file.isJSON, let handle = try? tree.open(file) else { return false }
    defer { try? handle.close() }
    return !handle.endsAsJSON
  }

  /// What is at a path of the tree, by the plan where that says it.
  private func end(of file: RawPath, _ tree: OpenTree) -> LinkEnd {
    work.end(of: file) ?? LinkEnd(file, tree.status(of: work.newPlace(of: file, id: paths.id)))
  }

  /// What a path on whatever host means within the tree: what follows the folder's name in it.
  private func inner(_ recorded: String) -> RawPath? {
    let path = RawPath(recorded)
    if !path.bytes.contains(RawPath.slash) { return nil }
    return path.rest(behind: work.name) ?? path.rest(behind: entry.source.name) ?? path.below(entry.source)
  }
}

extension RawPath {
  /// What follows the last component of that name, without needless slashes; `nil` where nothing does.
  fileprivate func rest(behind name: RawPath) -> RawPath? {
    var end = bytes.endIndex
    while true {
      let start = bytes[..<end].lastIndex(of: Self.slash).map { $0 + 1 } ?? 0
      if end - start == name.bytes.count, bytes[start..<end].elementsEqual(name.bytes) {
        let parts = bytes[end...].split(separator: Self.slash)
        return parts.isEmpty ? nil : RawPath(Array(parts.joined(separator: [Self.slash])))
      }
      if start == 0 { return nil }
      end = start - 1
    }
  }
}

extension JSON.Object {
  var pairs: [(name: String, value: JSON)] { members.map { ($0.name, $0.value) } }
}
