public import SystemPackage

/// A stage's own entry in its job's manifest: the documented `StageManifest`, in Swift.
///
///     try await StageManifest.record("asr", in: jobFolder) { manifest in
///       manifest.addInput("audio", audio, "16kHz mono audio")
///       manifest.addOutput("transcript", transcript, "WhisperX transcript")
///       manifest.addMetadata("model", .string("large-v3"))
///     }
///
/// The entry says `running` while the body works, then `success`, or `failed` with the error when the body throws.
public struct StageManifest: Sendable {
  private var inputs: [JSON] = []
  private var outputs = JSON.Object()
  private var metadata = JSON.Object()

  /// Adds a file the stage read. Its size is taken when the entry is written.
  public mutating func addInput(_ key: String, _ path: FilePath, _ description: String = "") {
    inputs.append(RecordedFile.fields(of: absolute(path), description: description, key: key))
  }

  /// Adds a file the stage made.
  public mutating func addOutput(_ key: String, _ path: FilePath, _ description: String = "") {
    outputs[key] = RecordedFile.fields(of: absolute(path), description: description)
  }

  /// Adds a fact about the work.
  public mutating func addMetadata(_ key: String, _ value: JSON) { metadata[key] = value }

  /// Runs `body` and keeps the stage's entry around it.
  ///
  /// - Parameters:
  ///   - stage: either spelling of the stage's name.
  ///   - number: the stage's place in the pipeline, from 1.
  /// - Throws: what `body` throws, after it is recorded; ``JobError`` when the manifest cannot be written.
  public static func record<Result>(
    _ stage: String, number: Int?, in jobFolder: FilePath, environment: [String: String],
    _ body: (inout StageManifest) async throws -> Result
  ) async throws -> Result {
    let folder = absolute(jobFolder)
    let store = ManifestStore(jobFolder: folder)
    let started = Timestamp.now
    let info = try? JobInfo(reading: folder.appending("job_info.json"))
    try store.update(orElse: .bare(of: folder, info: info, created: started)) { manifest in
      manifest.changeStage(stage) { entry in
        for key in ["job_id", "user_id"] where entry[key] == nil {
          entry[key] = info?.document[key]
        }
        entry["stage_number"] = entry["stage_number"] ?? number.map { .int($0) }
        entry["stage_name"] = .string(stage)
        entry["job_env_file"] =
          entry["job_env_file"] ?? info?.document["env_file"] ?? environment["CONFIG_PATH"].map { .string($0) }
        entry["status"] = .string(StageStatus.running.rawValue)
        entry["started_at"] = .string(started.text)
        entry["completed_at"] = nil
        entry["duration_seconds"] = nil
        entry["error"] = nil
      }
    }
    var manifest = StageManifest()
    do {
      let result = try await body(&manifest)
      try manifest.finish(stage, store: store, folder: folder, started: started, error: nil)
      return result
    } catch {
      try? manifest.finish(stage, store: store, folder: folder, started: started, error: "\(error)")
      throw error
    }
  }

  private func finish(
    _ stage: String, store: ManifestStore, folder: FilePath, started: Timestamp, error: String?
  ) throws {
    let ended = Timestamp.now
    let status: StageStatus = error == nil ? .success : .failed
    try store.update(orElse: .bare(of: folder, info: nil, created: started)) { manifest in
      manifest.changeStage(stage) { entry in
        entry["status"] = .string(status.rawValue)
        entry["started_at"] = entry["started_at"] ?? .string(started.text)
        entry["completed_at"] = .string(ended.text)
        entry["duration_seconds"] = .double(ended.seconds(since: started))
        entry["input_files"] = .array(inputs)
        entry["outputs"] = .object(outputs)
        entry["metadata"] = .object(metadata)
        entry["error"] = error.map { .string($0) }
      }
      manifest.note(stage, status)
    }
  }
}
