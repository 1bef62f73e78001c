internal import Jobs
internal import SystemPackage

/// Finds the folders of jobs that a batch's record names.
struct JobPlaces: Sendable {
  let workspace: Workspace

  /// Where the job of an entry lies: by its user or folder where the entry tells, else as found in the tree.
  ///
  /// - Returns: `nil` when the entry names no job, or one that is in no user's folder.
  func paths(of entry: JSON) -> JobPaths? {
    guard let name = entry["job_id"]?.string else { return nil }
    let folder = entry["output_dir"]?.string.map { workspace.resolve(documentPath: $0) }
    guard let id = JobID(name) else {
      return folder.map {
        JobPaths(
          name: name, date: nil, number: 0, userID: entry["user_id"]?.int ?? 0, output: $0, logs: $0, in: workspace)
      }
    }
    if let user = entry["user_id"]?.int { return JobPaths(id: id, userID: user, in: workspace) }
    if let folder, let user = folder.removingLastComponent().lastComponent.flatMap({ Int($0.string) }) {
      return JobPaths(id: id, userID: user, in: workspace)
    }
    let day = workspace.outputRoot.pushing(FilePath(id.date.folders))
    return names(in: day).lazy.compactMap { Int($0) }
      .map { JobPaths(id: id, userID: $0, in: workspace) }.first { isDirectory($0.output) }
  }
}
