internal import SystemPackage

/// A job's folder whose removal has begun: `.rm-NAME` where NAME was, or `.rm-NAME.keep-logs`.
///
/// No job is seen there any more. Its `.cpwx.lock` is held by who removes it and goes last, so that whoever finds a
/// tombstone whose lock is free knows that the removal was cut short, and by the name what it was to remove.
struct Tombstone {
  let folder: FilePath
  /// Of the folder that it was.
  let name: String
  let keepsLogs: Bool

  private static let prefix = ".rm-"
  private static let keepingSuffix = ".keep-logs"

  var lock: FilePath { folder.appending(JobPaths.lockName) }

  init?(of job: FilePath, keepsLogs: Bool) {
    guard let name = job.lastComponent?.string else { return nil }
    (self.name, self.keepsLogs) = (name, keepsLogs)
    folder = job.removingLastComponent().appending(Self.prefix + name + (keepsLogs ? Self.keepingSuffix : ""))
  }

  init?(at folder: FilePath) {
    guard let name = folder.lastComponent?.string, name.hasPrefix(Self.prefix) else { return nil }
    self.folder = folder
    keepsLogs = name.hasSuffix(Self.keepingSuffix)
    self.name = String(name.dropFirst(Self.prefix.count).dropLast(keepsLogs ? Self.keepingSuffix.count : 0))
  }

  /// Those in the trees of a workspace.
  static func all(in workspace: Workspace) -> [Tombstone] {
    let roots = [workspace.outputRoot, workspace.root.appending("jobs")]
    return roots.flatMap { JobCatalog.folders(below: $0) }.flatMap { folder in
      names(in: folder).compactMap { Tombstone(at: folder.appending($0)) }
    }
  }
}
