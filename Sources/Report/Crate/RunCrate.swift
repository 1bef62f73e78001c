public import Jobs
public import SystemPackage

/// A job as an RO-Crate: what was made of which film, by what, when, and which files there are, for archives and other
/// programs of research.
///
/// RO-Crate 1.1 with the profile Process Run Crate 0.5: a run of tools, each with inputs, outputs and times. Every file
/// of a crate must lie in it, so the job's folder is the crate, and its logs, which lie elsewhere, are not in it.
public struct RunCrate {
  private let manifest: Manifest
  private let folder: FilePath
  private let license: String?
  private let version: String

  /// - Parameters:
  ///   - manifest: of the job, its secrets masked.
  ///   - folder: the job's.
  ///   - license: the URL of the terms that hold for what was made; `nil`: those of the film.
  ///   - version: of cpwx.
  public init(of manifest: Manifest, in folder: FilePath, license: String?, version: String) {
    (self.manifest, self.folder, self.license, self.version) = (manifest, folder, license, version)
  }

  /// What a crate's description is called.
  public static let fileName = "ro-crate-metadata.json"

  /// Writes the description into the job's folder.
  ///
  /// - Throws: ``JobError`` with code `io`, also when another program's description is there.
  public func write() throws -> FilePath {
    let file = folder.appending(Self.fileName)
    if exists(file) {
      let known = (try? JSON(parsing: DurableFile.read(file)))?["@graph"]?.array ?? []
      guard known.contains(where: { $0["description"]?.string?.hasPrefix(Self.mark) == true }) else {
        throw JobError(
          .io, file.string, "is there already, and is none of cpwx's",
          remedy: "It was not touched. Without --write the description is printed.")
      }
    }
    try DurableFile.write(try document().bytes(), to: file)
    return file
  }

  /// How the description of what cpwx exports begins.
  private static let mark = "A cpwx job: "

  /// The crate's description, as JSON-LD.
  ///
  /// - Throws: ``JobError`` with code `io` when a file cannot be read, `damaged` when the manifest tells no time.
  public func document() throws -> JSON {
    let files = try self.files()
    let stages = manifest.stages.filter { $0.status != .running && time($0.fields["started_at"]) != nil }
    let actions = stages.map { action($0, among: files) }
    let who = manifest.history.compactMap(\.who).last ?? "cpwx"
    var root: JSON = [
      "@id": .string("./"), "@type": .string("Dataset"), "name": .string(name), "identifier": .string(manifest.jobID),
      "description": .string(Self.mark + "what was made of the film \(film), with the records of how."),
      "datePublished": .string(try published()), "license": reference(license ?? "#license"),
      "author": reference("#" + percentEncoded(who)), "conformsTo": reference(Self.profile),
    ]
    root["hasPart"] = references(files.map(\.id))
    root["mentions"] = actions.isEmpty ? nil : references(actions.compactMap { $0["@id"]?.string })
    var entities: [JSON] = [
      [
        "@id": .string(Self.fileName), "@type": .string("CreativeWork"), "about": reference("./"),
        "conformsTo": reference("https://w3id.org/ro/crate/1.1"),
      ],
      root,
      [
        "@id": .string(Self.profile), "@type": .string("CreativeWork"), "name": .string("Process Run Crate"),
        "version": .string("0.5"),
      ],
      terms, input,
      ["@id": .string("#" + percentEncoded(who)), "@type": .string("Person"), "name": .string(who)],
    ]
    entities += stages.map(application) + actions + files.map(\.document)
    let context: JSON = .array([
      .string("https://w3id.org/ro/crate/1.1/context"),
      ["sha256": .string("https://w3id.org/ro/terms/workflow-run#sha256")],
    ])
    return ["@context": context, "@graph": .array(entities)]
  }

  private static let profile = "https://w3id.org/ro/wfrun/process/0.5"

  private var film: String { (manifest.title ?? "") + (manifest.year.map { " (\($0))" } ?? "") }
  private var name: String { [manifest.jobID, film].compactMap { $0 }.joined(separator: " ") }

  /// The film is told of, and is no file of the crate.
  private var input: JSON {
    let recorded = manifest.document["input"]
    var entity: JSON = [
      "@id": .string(inputID), "@type": .strings(["CreativeWork", "Movie"]),
      "name": .string(manifest.title ?? "a film"),
      "description": .string("The film that the job was made of; its file is not in the crate."),
    ]
    entity["dateCreated"] = manifest.year.map { .string(String($0)) }
    entity["contentSize"] = recorded?["size_bytes"]?.int.map { .string(String($0)) }
    entity["sha256"] = recorded?["sha256"]?.string.map { .string($0) }
    return entity
  }

  private var inputID: String { "#film-" + (manifest.document["input"]?["sha256"]?.string ?? "unknown") }

  private var terms: JSON {
    [
      "@id": .string(license ?? "#license"), "@type": .string("CreativeWork"),
      "name": .string(license == nil ? "The film's own terms" : "License"),
      "description": .string(
        license == nil
          ? "What holds for the film holds for what was made of it; this crate grants nothing."
          : "The terms that hold for what was made."),
    ]
  }

  private func application(_ stage: StageRecord) -> JSON {
    let metadata = stage.fields["metadata"]
    let engine = [metadata?["engine"]?.string, metadata?["model"]?.string.map { "model \($0)" }].compactMap { $0 }
    return [
      "@id": .string("urn:cpwx:stage:" + percentEncoded(stage.name)), "@type": .string("SoftwareApplication"),
      "name": .string(stage.name), "description": .string("A stage of cpwx's pipeline"),
      "softwareVersion": .string(engine.isEmpty ? "cpwx \(version)" : engine.joined(separator: ", ")),
    ]
  }

  private func action(_ stage: StageRecord, among files: [CrateFile]) -> JSON {
    let made = stage.outputs.compactMap(\.file.path).map { resolve($0, against: folder) }
    let results = files.filter { made.contains($0.path) }.map(\.id)
    // An optional stage that failed is recorded as skipped, with how it ended.
    let hasFailed = stage.status == .failed || stage.status == .skipped && stage.error != nil
    let status = hasFailed ? "FailedActionStatus" : "CompletedActionStatus"
    var action: JSON = [
      "@id": .string("#" + percentEncoded(stage.name) + "-\(max(1, stage.attempt))"), "@type": .string("CreateAction"),
      "name": .string("\(stage.name), attempt \(max(1, stage.attempt))"),
      "description": .string("What the stage \(stage.name) did for this job, and when"),
      "instrument": reference("urn:cpwx:stage:" + percentEncoded(stage.name)), "object": reference(inputID),
      "agent": reference("#" + percentEncoded(manifest.history.compactMap(\.who).last ?? "cpwx")),
      "actionStatus": .string("http://schema.org/\(status)"),
    ]
    action["result"] = results.isEmpty ? nil : references(results)
    action["startTime"] = time(stage.fields["started_at"]).map { .string($0) }
    action["endTime"] = time(stage.fields["completed_at"]).map { .string($0) }
    if hasFailed { action["error"] = stage.error.map { .string($0) } }
    return action
  }

  /// The job's own documents and what its stages recorded as made, as far as it lies in the folder. Never job.env.
  private func files() throws -> [CrateFile] {
    let own = ["manifest.json", "job_info.json"].map { ($0, "") }
    let made = manifest.stages.flatMap { stage in
      stage.outputs.compactMap { $0.file.path.map { (path: $0, told: stage.name) } }
    }
    var seen: Set<FilePath> = []
    return try (own + made.map { ($0.path, "Made by \($0.told)") }).compactMap { path, description in
      let file = resolve(path, against: folder)
      guard file.lastComponent?.string != "job.env", seen.insert(file).inserted else { return nil }
      return try CrateFile(file, in: folder, description: description)
    }
  }

  private func published() throws -> String {
    let timing = manifest.document["timing"]
    if let text = time(timing?["completed_at"]) ?? time(manifest.document["created_at"]) { return text }
    throw JobError(.damaged, folder.string, "the manifest tells no time, without which there is no crate")
  }

  /// To the second, in universal time, as ISO 8601.
  private func time(_ value: JSON?) -> String? {
    value?.string.flatMap { Timestamp($0, in: manifest.document["timezone"]?.string) }.map { $0.universal + "+00:00" }
  }
}

func reference(_ id: String) -> JSON { ["@id": .string(id)] }

/// One is written plain: the validator takes no list of one.
private func references(_ ids: [String]) -> JSON { ids.count == 1 ? reference(ids[0]) : .array(ids.map(reference)) }
