internal import Jobs
internal import SystemPackage

/// The documents that a migrated job gets: made of the plan and of what lies in the tree alone, so that they come out
/// the same however often they are made.
struct NewDocuments: Sendable {
  let workspace: Workspace
  let entry: MigrationEntry
  let work: EntryWork
  let paths: JobPaths
  let inputs: InputFilms
  var targets: LinkTargets
  let env: JobEnvTemplate
  let migration: String

  /// job.env
  ///
  /// - Parameter path: where the tree's own settings are; `nil` where it has none.
  /// - Throws: ``JobError`` when the tree's own settings cannot be read.
  func settings(at path: FilePath?) throws -> [UInt8] {
    let own = try path.map { JobEnvTemplate(of: EnvFile(parsing: try DurableFile.read($0))) }
    return (own ?? env).bytes(for: paths, in: workspace)
  }

  /// job_info.json
  ///
  /// - Parameters:
  ///   - folder: where the tree lies at this moment.
  ///   - old: what the tree had for one, whose other fields are kept.
  /// - Throws: ``JobError`` with code `io`.
  func info(in folder: FilePath, _ old: JSON?) throws -> [UInt8] {
    var info = JobInfo(paths, created: created, input: try input(in: folder), in: workspace).document
    for (name, value) in old?.object?.pairs ?? [] where info[name] == nil { info[name] = value }
    info["migrated_from"] = .string(entry.path)
    return info.bytes()
  }

  var created: Timestamp { entry.created ?? Timestamp(microseconds: 0) }

  private func input(in folder: FilePath) throws -> JSON {
    ["file": .string(try inputFile(in: folder)), "title": .string(entry.title), "year": .int(entry.year)]
  }

  /// Where the film is now: in `in/`, or in the job's own folder, if it is there.
  private func inputFile(in folder: FilePath) throws -> String? {
    guard let recorded = entry.inputFile else { return nil }
    let place = workspace.resolve(documentPath: recorded)
    if let moved = moved(RawPath(place)) { return workspace.documentPath(moved) }
    if let inner = inPrepared(recorded), let film = prepared(inner, in: folder) {
      return workspace.documentPath(film.later)
    }
    if let moved = try newPlace(of: recorded) { return workspace.documentPath(moved) }
    if let film = inputs.film(recordedAs: recorded, in: workspace) { return workspace.documentPath(film) }
    return Workspace.outsideContainer(recorded)
  }

  /// Where something will be that lies in another tree, or did before that was moved; `nil` of what is not there.
  ///
  /// - Throws: ``JobError`` with code `io`.
  func newPlace(of recorded: String) throws -> FilePath? {
    for place in workspace.places(of: recorded) {
      if let moved = try targets.newPlace(of: place), exists(place) || exists(moved) { return moved }
    }
    return nil
  }

  /// Where something that lies in the tree will be.
  private func moved(_ path: RawPath) -> FilePath? {
    if let inner = path.below(entry.source) { return paths.output.appending(work.newPlace(of: inner, id: paths.id)) }
    if let prepared = work.prepared, let inner = path.below(prepared) {
      return paths.output.appending(EntryMove.preparedName).appending(inner)
    }
    return nil
  }

  /// What a path on whatever host means within the job's folder in `jobs/`.
  func inPrepared(_ recorded: String) -> RawPath? {
    guard let prepared = work.prepared else { return nil }
    let path = RawPath(recorded)
    if let inner = path.below(prepared) { return inner.isEmpty ? nil : inner }
    let (parts, end) = (path.components, Array(prepared.components.suffix(5)))
    guard parts.count > end.count, end.count == 5 else { return nil }
    let starts = (0..<(parts.count - end.count)).filter { Array(parts[$0..<($0 + end.count)]) == end }
    guard let start = starts.last else { return nil }
    return RawPath(parts[(start + end.count)...].map(\.text).joined(separator: "/"))
  }

  /// Where something of the job's folder in `jobs/` will lie, and its bytes if it is no folder; `nil` of what is not there.
  ///
  /// - Parameter folder: where the tree lies at this moment.
  func prepared(_ inner: RawPath, in folder: FilePath) -> (later: FilePath, size: Int?)? {
    guard let prepared = work.prepared else { return nil }
    let place = EntryMove.preparedPlace(of: inner)
    let later = paths.output.appending(place)
    if let end = work.end(of: place) { return end.isThere == false ? nil : (later, end.size) }
    let places = [prepared.path.appending(inner), folder.appending(place), later]
    let status = places.lazy.compactMap { try? FileStatus(of: $0) }.first
    return status.map { (later, $0.isDirectory ? nil : $0.size) }
  }

  /// manifest.json
  ///
  /// - Parameters:
  ///   - tree: where it lies at this moment, its names already the new ones.
  ///   - old: the manifest that it had.
  /// - Throws: ``JobError`` with code `io`.
  func manifest(in tree: OpenTree, _ old: Manifest?) throws -> [UInt8] {
    var manifest = Manifest(newFor: paths, created: created, in: workspace)
    var document = manifest.document
    document["input"] = try input(in: tree.root)
    for (name, value) in old?.document["input"]?.object?.pairs ?? [] where document["input"]?[name] == nil {
      document["input"]?[name] = value
    }
    let stages = try stages(in: tree, old)
    document["stages"] = stages
    document["pipeline"] = pipeline(stages, old)
    document["timing"] = timing(old)
    for (name, value) in old?.document.object?.pairs ?? [] where document[name] == nil && !Self.dropped.contains(name) {
      document[name] = value
    }
    if let zone = old?.document["timezone"] { document["timezone"] = zone }
    document["migrated_from"] = note
    manifest.document = document
    return manifest.document.bytes()
  }

  /// Fields of other kinds of manifest, which the kept one still has.
  private static let dropped: Set<String> = [
    "movie_dir", "timestamp", "output", "devices", "resumed_at", "status", "stage_number", "stage_name", "input_files",
  ]

  // MARK: Parts of the manifest

  private func pipeline(_ stages: JSON, _ old: Manifest?) -> JSON {
    let failed = entry.status == .completed ? [] : entry.failedStages
    var pipeline: JSON = [
      "status": .string((entry.status ?? .interrupted).rawValue), "current_stage": .null,
      "completed_stages": .strings(entry.completedStages), "failed_stages": .strings(failed),
    ]
    let skipped = stages.object?.pairs.filter { StageRecord(name: $0.name, fields: $0.value).status == .skipped }
    if let skipped, !skipped.isEmpty { pipeline["skipped_stages"] = .strings(skipped.map(\.name)) }
    if entry.layout == .today {
      for (name, value) in old?.document["pipeline"]?.object?.pairs ?? [] where pipeline[name] == nil {
        pipeline[name] = value
      }
    }
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

extension Workspace {
  /// What a document's path means here, and what one does that names a container's place.
  func places(of recorded: String) -> [FilePath] {
    let outside = Self.outsideContainer(recorded)
    return ([recorded] + (outside == recorded ? [] : [outside])).map { resolve(documentPath: $0) }
  }

  /// A document's path without the root that a workspace has in a container.
  static func outsideContainer(_ recorded: String) -> String {
    recorded.hasPrefix("/app/") ? String(recorded.dropFirst(5)) : recorded
  }
}
