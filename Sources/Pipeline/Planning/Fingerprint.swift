internal import Hashing
internal import Jobs
internal import SystemPackage

/// What decides whether a stage must run again, in one number: its definition, the settings it declares, its inputs.
///
/// Made of templates and contents, not of places: a workspace that was moved or restored keeps its fingerprints.
struct Fingerprints {
  /// Ends the reading of large files.
  private let stop: StopSource?
  /// Contents' hashes by what tells a file from its later self.
  private var known: [String: String] = [:]

  init(stop: StopSource?) { self.stop = stop }

  /// 64 hexadecimal digits.
  ///
  /// - Throws: `CancellationError` when the run was told to end before all was read.
  ///
  /// What a stage reads and cannot be hashed, because it declares no inputs or they are folders, is known by how often
  /// the stages `before` it have run.
  mutating func fingerprint(
    of stage: StageDefinition, in context: JobContext, after before: [StageDefinition], _ manifest: Manifest
  ) throws -> String {
    var document: JSON = [
      "name": .string(stage.canonicalName.description),
      "command": .strings(stage.command ?? []),
      "service": .string(stage.service),
      "arguments": .strings(stage.arguments),
      "outputs": .strings(stage.outputs.map { "\($0.key)=\($0.path)" }),
    ]
    var settings = JSON.Object()
    for key in stage.env.sorted() { settings[key] = .string(context.textOfAnySetting(key)) }
    document["env"] = .object(settings)
    let templates = (stage.command ?? []) + stage.arguments
    let used = Set(templates.flatMap { Placeholders.used(in: $0) })
    if used.contains("title") { document["title"] = .string(context.title) }
    if used.contains("year") { document["year"] = .int(context.year) }
    let usesFilm = used.contains("input") || stage.inputs?.contains { $0.path == "{input}" } != false
    if usesFilm { document["film"] = .string(context.filmHash) }
    var inputs = JSON.Object()
    for file in context.inputs(of: stage) where file.path != "{input}" {
      inputs[file.path] = .string(try contentHash(of: context.path(of: file, stage)))
    }
    document["inputs"] = .object(inputs)
    if stage.inputs?.contains(where: { isDirectory(context.path(of: $0, stage)) }) ?? true {
      var attempts = JSON.Object()
      for earlier in before {
        attempts[earlier.canonicalName.description] = .int(manifest.stage(earlier.name)?.attempt ?? 0)
      }
      document["after"] = .object(attempts)
    }
    return SHA256.hex(of: document.bytes(.compact))
  }

  /// Whether files must be read for it that are larger than a moment's work.
  func takesTime(for stage: StageDefinition, in context: JobContext) -> Bool {
    (stage.inputs ?? []).contains { file in
      guard file.path != "{input}" else { return false }
      let path = context.path(of: file, stage)
      guard let status = try? FileStatus(of: path), status.size > 1 << 20 else { return false }
      return known[Self.key(path, status)] == nil
    }
  }

  private static func key(_ path: FilePath, _ status: FileStatus) -> String {
    "\(path.string)\u{0}\(status.size)/\(status.modified)/\(status.inode)"
  }

  private mutating func contentHash(of path: FilePath) throws -> String? {
    guard let status = try? FileStatus(of: path), status.isRegular else { return nil }
    let key = Self.key(path, status)
    if let hash = known[key] { return hash }
    do {
      let hash = try SHA256.hex(ofFileAt: path, stop: stop)
      known[key] = hash
      return hash
    } catch is Errno {
      return nil
    }
  }
}
