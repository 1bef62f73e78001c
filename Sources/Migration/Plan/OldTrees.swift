public import Jobs
public import SystemPackage

/// Where old trees lie: `out/`, `in/`, `logs/` and `jobs/` of the workspace itself, or of another folder.
public struct OldTrees: Sendable {
  let output: FilePath
  let input: FilePath
  let logs: FilePath
  let jobs: FilePath

  /// - Parameter folder: a folder with `out/` in it, or an out folder itself; `nil` for the workspace's.
  /// - Throws: ``JobError`` with code `usage` when there is no such folder.
  public init(_ folder: FilePath?, in workspace: Workspace) throws {
    guard let named = folder else {
      self.init(of: workspace)
      return
    }
    let folder = absolute(named)
    guard isDirectory(folder) else { throw JobError(.usage, named.string, "is no folder") }
    let real = realPath(folder)
    if real == realPath(workspace.root) || real == realPath(workspace.outputRoot) {
      self.init(of: workspace)
      return
    }
    let isWhole = isDirectory(folder.appending("out"))
    // Alone, their jobs would look like films' directories without a day, and be numbered anew.
    if !isWhole, Self.isOfDays(RawPath(real ?? folder)) {
      throw JobError(
        .usage, named.string, "is one of the folders of days that jobs lie in",
        remedy: "Nothing was changed. Name the folder that has the years in it; --only and --exclude choose in there.")
    }
    self.init(
      output: isWhole ? folder.appending("out") : folder, beside: isWhole ? folder : folder.removingLastComponent())
  }

  private init(output: FilePath, beside root: FilePath) {
    self.output = output
    (input, logs, jobs) = (root.appending("in"), root.appending("logs"), root.appending("jobs"))
  }

  /// Whether a folder is a year's, a month's, a day's or a user's that jobs lie in, by their ids or by a counter.
  private static func isOfDays(_ folder: RawPath) -> Bool {
    let isMonth = folder.name.isMonth && folder.folder.name.isNumber(of: 4)
    return (folder.name.isNumber(of: 4) || isMonth || folder.isDay || folder.folder.isDay) && holdsJob(folder)
  }

  private static func holdsJob(_ folder: RawPath) -> Bool {
    let inner = (try? FlatFolder(folder.path)).map { Array($0.folders) } ?? []
    let (isDay, isUser) = (folder.isDay, folder.folder.isDay)
    if isDay || isUser, inner.contains(where: { JobID($0.text) != nil }) { return true }
    if isUser { return inner.contains { exists(folder.appending($0).path.appending("job.json")) } }
    return inner.contains { (isDay || $0.isNumber(of: 2)) && holdsJob(folder.appending($0)) }
  }

  private init(of workspace: Workspace) {
    (output, input, logs) = (workspace.outputRoot, workspace.inputRoot, workspace.logRoot)
    jobs = workspace.root.appending("jobs")
  }
}
