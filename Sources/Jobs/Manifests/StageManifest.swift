public import SystemPackage

/// A stage's own entry in its job's manifest: the documented `StageManifest`, in Swift.
///
///     try await StageManifest.record("asr", number: 7, in: jobFolder, environment: processEnvironment()) { manifest in
///       manifest.addInput("audio", audio, "16kHz mono audio")
///       manifest.addOutput("transcript", transcript, "WhisperX transcript")
///       manifest.addMetadata("model", .string("large-v3"))
///     }
///
/// The entry says `running` while the body works, then `success`, or `failed` with the error when the body throws.
public struct StageManifest: Sendable {
  private var inputs: [JSON] = []
  private var outputs: [(key: String, path: FilePath, description: String)] = []
  private var metadata = JSON.Object()

  /// Adds a file the stage reads, with the size it has now.
  public mutating func addInput(_ key: String, _ path: FilePath, _ description: String = "") {
    inputs.append(RecordedFile.fields(of: absolute(path), description: description, key: key))
  }

  /// Adds a file the stage writes; its size is taken when the entry is written.
  public mutating func addOutput(_ key: String, _ path: FilePath, _ description: String = "") {
    outputs.removeAll { $0.key == key }
    outputs.append((key, absolute(path), description))
  }

  /// Adds a fact about the work.
  public mutating func addMetadata(_ key: String, _ value: JSON) { metadata[key] = value }

  /// Runs `body` and keeps the stage's entry around it. Secrets of the job and of `environment` are masked in the error.
  ///
  /// - Parameters:
  ///   - stage: either spelling of the stage's name.
  ///   - number: the stage's place in the pipeline, from 1; `nil` where it is not known, and is then not recorded.
  ///   - environment: the stage's own, of which CONFIG_PATH and SECRETS_PATH count beside its secrets.
  /// - Throws: what `body` throws, after it is recorded; ``JobError`` when the manifest cannot be written.
  public static func record<Result>(
    _ stage: String, number: Int?, in jobFolder: FilePath, environment: [String: String],
    _ body: (inout StageManifest) async throws -> Result
  ) async throws -> Result {
    let entry = StageEntry(stage: stage, number: number, folder: absolute(jobFolder), environment: environment)
    try entry.begin()
    var manifest = StageManifest()
    do {
      let result = try await body(&manifest)
      try entry.end(manifest, error: nil)
      return result
    } catch {
      try? entry.end(manifest, error: "\(error)")
      throw error
    }
  }

  /// What was added, as the entry's documented fields.
  var fields: [(name: String, value: JSON)] {
    var files = JSON.Object()
    for output in outputs {
      files[output.key] = RecordedFile.fields(of: output.path, description: output.description)
    }
    return [("input_files", .array(inputs)), ("outputs", .object(files)), ("metadata", .object(metadata))]
  }
}
