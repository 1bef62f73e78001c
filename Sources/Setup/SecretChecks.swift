internal import Glibc
internal import Jobs
internal import SystemPackage

/// Files that hold secrets must be their owner's alone.
struct SecretChecks {
  let workspace: Workspace

  func run() -> [CheckResult] {
    let files = candidates.filter { exists($0) }
    let open = openToOthers
    if open.isEmpty { return [.ok("secrets", "\(files.count) files with settings, none open to others")] }
    return open.map { path in
      .warning(
        "secrets", "\(path) holds secrets and is open to others", "Close it: chmod 600 '\(path)', or cpwx doctor --fix")
    }
  }

  var openToOthers: [FilePath] {
    candidates.filter { path in
      guard let status = try? FileStatus(of: path) else { return false }
      return !status.permissions.isDisjoint(with: [.groupReadWrite, .otherReadWrite]) && holdsSecrets(path)
    }
  }

  private var candidates: [FilePath] {
    let named = workspace.config["SECRETS_PATH"].flatMap { $0.isEmpty ? nil : workspace.resolve(documentPath: $0) }
    let temporary = names(in: workspace.configFolder).filter { $0.hasPrefix(".env.job_") }
    return [workspace.configFile] + [named].compactMap { $0 } + temporary.map { workspace.configFolder.appending($0) }
  }

  private func holdsSecrets(_ path: FilePath) -> Bool {
    guard let bytes = try? DurableFile.read(path) else { return false }
    if (try? JSON(parsing: bytes)) != nil { return true }
    let env = EnvFile(parsing: bytes)
    return env.keys.contains { Secrets.isSecret($0) && env[$0]?.isEmpty == false }
  }
}

extension FilePath {
  /// Mode 0600; `false` when that may not be done.
  func restrictToOwner() -> Bool { withPlatformString { chmod($0, 0o600) } == 0 }

  var lastName: String { lastComponent?.string ?? string }
}
