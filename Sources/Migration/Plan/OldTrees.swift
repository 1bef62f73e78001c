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
    self.init(
      output: isWhole ? folder.appending("out") : folder, beside: isWhole ? folder : folder.removingLastComponent())
  }

  private init(output: FilePath, beside root: FilePath) {
    self.output = output
    (input, logs, jobs) = (root.appending("in"), root.appending("logs"), root.appending("jobs"))
  }

  private init(of workspace: Workspace) {
    (output, input, logs) = (workspace.outputRoot, workspace.inputRoot, workspace.logRoot)
    jobs = workspace.root.appending("jobs")
  }
}
