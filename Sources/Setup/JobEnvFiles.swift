internal import Glibc
internal import Jobs
internal import SystemPackage

/// The env files of many jobs, which are made with mode 0600 and must stay so. A night's jobs are thousands: they are
/// looked at, not read, and told of by their number.
struct JobEnvFiles {
  let name: String
  let folder: FilePath
  private(set) var count = 0
  private(set) var open: [FilePath] = []

  /// `config/.env.job_ID` of jobs that run.
  static func copies(in workspace: Workspace) -> JobEnvFiles {
    let found = names(in: workspace.configFolder).filter { $0.hasPrefix(".env.job_") }
    return JobEnvFiles(
      name: ".env.job_*", folder: workspace.configFolder, found.map { workspace.configFolder.appending($0) })
  }

  /// The job.env of every job in the dated tree, and the older settings that a migration kept with it.
  static func ofJobs(in workspace: Workspace) -> JobEnvFiles {
    let found = JobCatalog(workspace).all().lazy.flatMap { paths in
      [paths.output, paths.output.appending("prepared")].filter(\.isFolderItself).flatMap { folder in
        names(in: folder).filter { $0.hasSuffix(".env") }.map { folder.appending($0) }
      }
    }
    return JobEnvFiles(name: "*.env", folder: workspace.outputRoot, found)
  }

  private init(name: String, folder: FilePath, _ paths: some Sequence<FilePath>) {
    (self.name, self.folder) = (name, folder)
    for path in paths {
      guard let permissions = path.ownPermissions else { continue }
      count += 1
      if permissions.isOpenToOthers { open.append(path) }
    }
  }

  /// What there is to tell; `nil` when all is well.
  var result: CheckResult? {
    guard let first = open.first else { return nil }
    return .warning(
      "secrets", "\(open.count) of \(count) \(name) files in \(folder) are open to others, \(first) first",
      "Close them: cpwx doctor --fix\nOr: find '\(folder)' -name '\(name)' -type f -perm /077 -exec chmod 600 {} +")
  }

  /// - Returns: how many could be closed.
  func close() -> Int { open.count { $0.restrictItselfToOwner() } }
}

extension FilePath {
  /// The permissions of a file, `nil` for what is none. A link is none: stages are foreign, and what one put in a job's
  /// folder must not have cpwx change a file elsewhere.
  fileprivate var ownPermissions: FilePermissions? {
    guard let status = try? Stat(self, followTargetSymlink: false), status.type == .regular else { return nil }
    return status.permissions
  }

  /// Whether it is a folder, and no link to one.
  fileprivate var isFolderItself: Bool { (try? Stat(self, followTargetSymlink: false))?.type == .directory }

  /// Like ``restrictToOwner()``, and refuses a link.
  fileprivate func restrictItselfToOwner() -> Bool {
    unsafe withPlatformString { unsafe fchmodat(AT_FDCWD, $0, 0o600, AT_SYMLINK_NOFOLLOW) } == 0
  }
}
