internal import Defaults
internal import Jobs
internal import SystemPackage

/// Files that hold secrets must be their owner's alone, and secrets long enough to be known in a log.
struct SecretChecks {
  let workspace: Workspace
  let environment: [String: String]

  func run() -> [CheckResult] {
    let groups = [copies, JobEnvFiles.ofJobs(in: workspace)]
    let open = openDocuments.map { path in
      CheckResult.warning(
        "secrets", "\(path) holds secrets and is open to others", "Close it: cpwx doctor --fix\nOr: chmod 600 '\(path)'"
      )
    }
    let found = open + groups.compactMap(\.result)
    let count = documents.count { exists($0) } + groups.map(\.count).reduce(0, +)
    return
      (found.isEmpty
      ? [.ok("secrets", "\(count == 1 ? "1 file" : "\(count) files") with settings, no secret open to others")] : found)
      + unread
      + short
  }

  /// A file of secrets that tells none. The one that the shipped settings name need not be there.
  private var unread: [CheckResult] {
    guard let path = secretsFile else { return [] }
    let shipped = Secrets.file(named: EnvFile(parsing: Defaults.env), in: workspace.root, outer: [:])
    let lost = "no stage gets its secrets, and none of them is masked"
    let remedy = "SECRETS_PATH names it; correct one or the other."
    if Secrets.isDamaged(path) { return [.error("secrets", "\(path) is no JSON: \(lost)", remedy)] }
    do {
      _ = try DurableFile.read(path)
      return []
    } catch {
      if path == shipped, !exists(path) { return [] }
      let reason = (error as? JobError)?.underlying ?? error
      return [.warning("secrets", "\(path) cannot be read (\(reason)): \(lost)", remedy)]
    }
  }

  /// All that ``close(log:)`` closes.
  var openToOthers: [FilePath] { openDocuments + copies.open + JobEnvFiles.ofJobs(in: workspace).open }

  /// Leaves the files to their owner alone, as far as that may be done.
  ///
  /// - Parameter log: told of each file, and of the many of jobs in one line.
  func close(log: (String) -> Void) {
    for path in openDocuments where path.restrictToOwner() { log("\(path): now readable by its owner alone") }
    for files in [copies, JobEnvFiles.ofJobs(in: workspace)] {
      let closed = files.close()
      if closed > 0 {
        let (noun, owner) = closed == 1 ? ("file", "its owner") : ("files", "their owner")
        log("\(closed) \(files.name) \(noun) in \(files.folder): now readable by \(owner) alone")
      }
    }
  }

  private var copies: JobEnvFiles { .copies(in: workspace) }

  private var openDocuments: [FilePath] {
    documents.filter { path in
      guard let status = try? FileStatus(of: path) else { return false }
      return status.permissions.isOpenToOthers && holdsSecrets(path)
    }
  }

  /// What an admin writes: others may read it as long as there is no secret in it.
  private var documents: [FilePath] { [workspace.configFile] + [secretsFile].compactMap { $0 } }

  private var secretsFile: FilePath? {
    Secrets.file(named: workspace.config, in: workspace.root, outer: environment)
  }

  private func holdsSecrets(_ path: FilePath) -> Bool {
    guard let bytes = try? DurableFile.read(path) else { return false }
    if (try? JSON(parsing: bytes)) != nil { return true }
    let env = EnvFile(parsing: bytes)
    return env.keys.contains { Secrets.isSecret($0, env[$0] ?? "") }
  }

  /// Secrets that no log can be searched for.
  private var short: [CheckResult] {
    let file = secretsFile.flatMap { try? DurableFile.read($0) }.flatMap { try? JSON(parsing: $0) }
    let settings =
      workspace.config.keys.map { ($0, workspace.config[$0] ?? "") }
      + (file?.object?.members ?? []).map { ($0.name, $0.value.string ?? "") }
    let names = settings.filter { name, value in
      Secrets.isSecret(name) && (1..<Secrets.shortestSearched).contains(value.utf8.count)
    }
    if names.isEmpty { return [] }
    return [
      .warning(
        "secrets", "too short to be masked in logs: \(names.map(\.0).joined(separator: ", "))",
        "Take ones of \(Secrets.shortestSearched) characters or more.")
    ]
  }
}

extension FilePath {
  /// Mode 0600; `false` when that may not be done.
  func restrictToOwner() -> Bool { setMode(self, .ownerReadWrite) }

  var lastName: String { lastComponent?.string ?? string }
}

extension FilePermissions {
  var isOpenToOthers: Bool { !isDisjoint(with: [.groupReadWriteExecute, .otherReadWriteExecute]) }
}

extension [CheckResult] {
  /// The results as they may be shown: a setting that is wrong may be, or take over, a secret.
  func masked(_ workspace: Workspace?, _ environment: [String: String]) -> [CheckResult] {
    let secrets = Secrets.values(
      of: workspace?.config ?? EnvFile(), in: workspace?.root ?? currentFolder(), outer: environment)
    return map { result in
      var result = result
      result.message = Secrets.masked(result.message, secrets)
      result.remedy = result.remedy.map { Secrets.masked($0, secrets) }
      return result
    }
  }
}
