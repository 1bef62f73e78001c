internal import SystemPackage

/// The entry of one stage's run in manifest.json, from its beginning to its end.
struct StageEntry {
  private let stage: String
  private let number: Int?
  private let folder: FilePath
  private let environment: [String: String]
  private let info: JobInfo?
  private let started = Timestamp.now
  private let clock = ContinuousClock.now

  init(stage: String, number: Int?, folder: FilePath, environment: [String: String]) {
    (self.stage, self.number, self.folder, self.environment) = (stage, number, folder, environment)
    info = try? JobInfo(reading: folder.appending("job_info.json"))
  }

  private var store: ManifestStore { ManifestStore(jobFolder: folder) }

  /// Records the stage as running: since a run of the job had it begin, where that is so, else from now on.
  func begin() throws {
    let isOfRun = FileLock.isHeld(folder.appending(JobPaths.lockName))
    try store.update(orElse: .bare(of: folder, info: info, created: started)) { manifest in
      let standing = manifest.stage(stage)
      let isBegun = isOfRun && standing?.status == .running && standing?.fields["started_at"]?.string != nil
      if !isBegun {
        manifest.rememberEnding()
        manifest.rememberRecord(of: stage)
      }
      let job = manifest.document
      manifest.changeStage(stage) { entry in
        for key in ["job_id", "user_id"] { entry[key] = entry[key] ?? info?.document[key] ?? job[key] }
        entry["stage_number"] = entry["stage_number"] ?? number.map { .int($0) }
        entry["stage_name"] = .string(stage)
        entry["job_env_file"] =
          entry["job_env_file"] ?? info?.document["env_file"] ?? environment["CONFIG_PATH"].map { .string($0) }
          ?? job["job_env_file"]
        entry["status"] = .string(StageStatus.running.rawValue)
        if !isBegun { entry["started_at"] = .string(started.text) }
        for stale in ["completed_at", "duration_seconds", "error", "skip_reason"] { entry[stale] = nil }
      }
      if manifest.document["pipeline"].isNothing { manifest.document["pipeline"] = Manifest.newPipeline(.running) }
      manifest.document["pipeline"]?["current_stage"] = .string(stage)
    }
  }

  /// Records how the stage ended, and what it added to `manifest`.
  func end(_ findings: StageManifest, error: String?) throws {
    let status: StageStatus = error == nil ? .success : .failed
    let seconds = (ContinuousClock.now - clock) / .seconds(1)
    try store.update(orElse: .bare(of: folder, info: info, created: started)) { manifest in
      manifest.changeStage(stage) { entry in
        entry["status"] = .string(status.rawValue)
        entry["started_at"] = entry["started_at"] ?? .string(started.text)
        entry["completed_at"] = .string(Timestamp.now.text)
        entry["duration_seconds"] = .double((seconds * 1_000_000).rounded() / 1_000_000)
        for field in findings.fields { entry[field.name] = field.value }
        entry["skip_reason"] = nil
        entry["error"] = error.map { .string(Secrets.masked($0, secrets)) }
      }
      manifest.note(stage, status)
      if manifest.document["pipeline"]?["current_stage"]?.string.map({ StageName($0) }) == StageName(stage) {
        manifest.document["pipeline"]?["current_stage"] = .null
      }
    }
  }

  /// The secret values of the job's env files, of the file that SECRETS_PATH names, and of the environment.
  private var secrets: [String] {
    let files = [folder.appending("job.env")] + (environment["CONFIG_PATH"].map { [FilePath($0)] } ?? [])
    var found: Set<String> = []
    for file in files {
      let env = (try? DurableFile.read(file)).map { EnvFile(parsing: $0) } ?? EnvFile()
      found.formUnion(Secrets.values(of: env, in: currentFolder(), outer: environment))
    }
    return found.longestFirst
  }
}
